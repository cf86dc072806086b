import { afterEach, describe, expect, test } from 'bun:test'
import { memoryCounters } from '#adapters/counters/memory'
import type { Counters } from '#adapters/counters/port'
import { hours, minutes, seconds } from '#core'
import { type MoveableClock, stoppedClock } from '../support/clock'

const drivers: { name: string; open: (clock: MoveableClock) => Promise<Counters> }[] = [
  { name: 'memory', open: async (clock) => memoryCounters(clock) },
]

describe.each(drivers)('counters: $name', ({ open }) => {
  let counters: Counters | undefined
  const start = async () => {
    const clock = stoppedClock()
    counters = await open(clock)
    return { clock, counters }
  }
  afterEach(() => counters?.close())

  test('hits of one key are counted, keys are apart', async () => {
    const { counters } = await start()
    expect((await counters.hit('a', minutes(1))).count).toBe(1)
    expect((await counters.hit('a', minutes(1))).count).toBe(2)
    expect((await counters.hit('b', minutes(1))).count).toBe(1)
  })

  // bar 139
  test('300 hits at once are counted exactly', async () => {
    const { counters } = await start()
    const counts = await Promise.all(
      Array.from({ length: 300 }, async () => (await counters.hit('a', minutes(1))).count),
    )
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
  })

  test('a window lasts from the first hit, and tells how long it goes on', async () => {
    const { clock, counters } = await start()
    expect((await counters.hit('a', seconds(60))).resetIn).toBe(seconds(60))
    clock.advance(seconds(45))
    expect(await counters.hit('a', seconds(60))).toEqual({ count: 2, resetIn: seconds(15) })
    clock.advance(seconds(15))
    expect(await counters.hit('a', seconds(60))).toEqual({ count: 1, resetIn: seconds(60) })
  })

  test('reset begins again at one, also for a key that never was', async () => {
    const { counters } = await start()
    await counters.hit('a', minutes(1))
    await counters.reset('a')
    await counters.reset('never')
    expect((await counters.hit('a', minutes(1))).count).toBe(1)
  })

  // bar 144
  test('a clock that steps back an hour keeps nobody out for longer than one window', async () => {
    const { clock, counters } = await start()
    for (let i = 0; i < 10; i++) await counters.hit('a', minutes(1))
    clock.advance(-hours(1))
    const count = await counters.hit('a', minutes(1))
    expect(count.resetIn).toBeLessThanOrEqual(minutes(1))
    clock.advance(minutes(1))
    expect((await counters.hit('a', minutes(1))).count).toBe(1)
  })

  test('a clock that steps back gives nobody a fresh budget', async () => {
    const { clock, counters } = await start()
    for (let i = 0; i < 10; i++) await counters.hit('a', minutes(1))
    clock.advance(-seconds(5))
    expect((await counters.hit('a', minutes(1))).count).toBe(11)
  })
})

describe('counters in memory', () => {
  // bar 142
  test('a million keys are not a million counters', () => {
    const before = process.memoryUsage.rss()
    const counters = memoryCounters(stoppedClock())
    for (let i = 0; i < 1_000_000; i++) counters.hit(`ip:${i}`, minutes(1))
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024)
  })

  test('in a flood of other keys, one that is hit again and again is not forgotten', async () => {
    const counters = memoryCounters(stoppedClock(), 100)
    let count = 0
    for (let i = 0; i < 10_000; i++) {
      counters.hit(`flood:${i}`, minutes(1))
      if (i % 40 === 0) count = (await counters.hit('victim', minutes(1))).count
    }
    expect(count).toBe(250)
  })
})
