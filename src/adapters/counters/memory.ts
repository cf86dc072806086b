import type { Clock } from '#core'
import type { Count, Counters } from './port'

/** Counters that are kept at most: about 20 MB. */
const MAX_KEYS = 100_000

/** Times in milliseconds since the epoch. */
interface Counter {
  count: number
  began: number
  ends: number
}

export interface MemoryCounters extends Counters {
  hit(key: string, window: number): Count
  reset(key: string): void
  /** Lets a counter stand at least where it stands elsewhere. */
  raise(key: string, count: Count): void
}

/**
 * Fixed windows in this process, each from a key's first hit. Exact and without timers.
 *
 * Bounded by two generations: when the young one is full it becomes the old one, and what was not hit since the last
 * such change is forgotten. A key that is hit again and again is never forgotten in a flood of others.
 */
export const memoryCounters = (clock: Clock, maxKeys = MAX_KEYS): MemoryCounters => {
  let young = new Map<string, Counter>()
  let old = new Map<string, Counter>()

  const find = (key: string, now: number): Counter => {
    const known = young.get(key)
    if (known) return known
    const counter = old.get(key) ?? { count: 0, began: now, ends: now }
    young.set(key, counter)
    if (young.size >= maxKeys / 2) {
      old = young
      young = new Map()
    }
    return counter
  }

  return {
    driver: 'memory',
    hit(key, window) {
      const now = clock.now().getTime()
      const counter = find(key, now)
      if (now < counter.began) {
        // The clock was set back: the window goes on from now, so that it lasts no longer than it should.
        counter.ends = now + (counter.ends - counter.began)
        counter.began = now
      }
      if (now >= counter.ends) {
        counter.count = 0
        counter.began = now
        counter.ends = now + window
      }
      counter.count += 1
      return { count: counter.count, resetIn: counter.ends - now }
    },
    raise(key, { count, resetIn }) {
      const now = clock.now().getTime()
      const counter = find(key, now)
      if (now < counter.ends && counter.count > count) return
      Object.assign(counter, { count, began: now, ends: now + resetIn })
    },
    reset(key) {
      young.delete(key)
      old.delete(key)
    },
    async close() {
      young.clear()
      old.clear()
    },
  }
}
