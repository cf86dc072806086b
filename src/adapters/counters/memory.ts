import type { Clock } from '#core'
import type { Count, Counters } from './port'

/** Beyond this the counter whose window began first is forgotten: about 20 MB. */
const MAX_KEYS = 100_000
/** Counters looked at, to forget those that have ended, each time a new one begins. */
const SWEEP = 2

/** Times in milliseconds since the epoch. */
interface Counter {
  count: number
  began: number
  ends: number
}

/**
 * Fixed windows in this process, each from a key's first hit. Exact, without timers, bounded to `maxKeys`.
 * When the clock steps back, a window that would begin in the future is moved to now: it never lasts longer than it should.
 */
export const memoryCounters = (clock: Clock, maxKeys = MAX_KEYS): Counters => {
  // In the order in which windows began, because a key is put back at the end with each new one.
  const counters = new Map<string, Counter>()
  let sweep = counters.entries()

  const forgetEnded = (now: number) => {
    for (let looked = 0; looked < SWEEP; looked++) {
      const next = sweep.next()
      if (next.done) {
        sweep = counters.entries()
        return
      }
      const [key, counter] = next.value
      if (now >= counter.ends) counters.delete(key)
    }
  }

  const forgetOldest = () => {
    for (const oldest of counters.keys()) return counters.delete(oldest)
  }

  return {
    driver: 'memory',
    hit(key, window): Count {
      const now = clock.now().getTime()
      const known = counters.get(key)
      if (known && now < known.began) {
        known.ends = now + (known.ends - known.began)
        known.began = now
      }
      if (known && now < known.ends) {
        known.count += 1
        return { count: known.count, resetIn: known.ends - now }
      }
      counters.delete(key)
      counters.set(key, { count: 1, began: now, ends: now + window })
      forgetEnded(now)
      if (counters.size > maxKeys) forgetOldest()
      return { count: 1, resetIn: window }
    },
    reset(key) {
      counters.delete(key)
    },
    async close() {
      counters.clear()
    },
  }
}
