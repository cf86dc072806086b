import { heapStats } from 'bun:jsc'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { memoryCounters } from '#adapters/counters/memory'
import type { Count, Counters } from '#adapters/counters/port'
import { redisCounters } from '#adapters/counters/redis'
import { silentLog } from '#adapters/log/silent'
import { openRedis } from '#adapters/redis/open'
import { type Clock, hours, minutes, seconds } from '#core'
import { stoppedClock } from '../support/clock'
import { hasRedis, type RedisServer, startRedis } from '../support/services'

interface Opened {
  counters: Counters
  /** Lets time go by, or steps this process's clock back. */
  advance(milliseconds: number): Promise<void>
}

interface Driver {
  name: string
  open: () => Promise<Opened>
  /** Milliseconds that real time may take away from a window: the server has a clock of its own. */
  slack: number
}

const openMemory = async (): Promise<Opened> => {
  const clock = stoppedClock()
  return { counters: memoryCounters(clock), advance: async (milliseconds) => clock.advance(milliseconds) }
}

let server: RedisServer
beforeAll(async () => {
  if (hasRedis) server = await startRedis()
})
afterAll(() => server?.stop())

/** The counters of a process of its own. */
const openRedisCounters = async (clock: Clock) => {
  const redis = await openRedis({ redisUrl: server.url }, silentLog)
  if (!redis) throw new Error('no Redis')
  const counters = redisCounters(redis, clock)
  const close = async () => {
    await counters.close()
    await redis.close()
  }
  return { redis, counters: { ...counters, close } }
}

const openShared = async (): Promise<Opened> => {
  await server.send(['FLUSHALL'])
  const clock = stoppedClock()
  const { counters } = await openRedisCounters(clock)
  return {
    counters,
    advance: async (milliseconds) => {
      clock.advance(milliseconds)
      // As if so much time had gone by for the server too. Its clock does not step back with ours.
      if (milliseconds > 0) await shorten(milliseconds)
    },
  }
}

const shorten = async (milliseconds: number) => {
  for (const key of (await server.send(['KEYS', '*'])) as string[]) {
    const left = Number(await server.send(['PTTL', key])) - milliseconds
    await server.send(left > 0 ? ['PEXPIRE', key, String(left)] : ['DEL', key])
  }
}

const drivers: Driver[] = [
  { name: 'memory', open: openMemory, slack: 0 },
  ...(hasRedis ? [{ name: 'redis', open: openShared, slack: 2000 }] : []),
]

describe.each(drivers)('counters: $name', ({ open, slack }) => {
  let opened: Opened | undefined
  const start = async () => {
    opened = await open()
    return opened
  }
  afterEach(() => opened?.counters.close())

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
    const { advance, counters } = await start()
    const hit = () => counters.hit('a', seconds(60))
    const stands = (stand: Count, count: number, left: number) => {
      expect(stand.count).toBe(count)
      expect(stand.resetIn).toBeWithin(left - slack, left + 1)
    }
    stands(await hit(), 1, seconds(60))
    await advance(seconds(45))
    stands(await hit(), 2, seconds(15))
    await advance(seconds(15))
    stands(await hit(), 1, seconds(60))
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
    const { advance, counters } = await start()
    for (let i = 0; i < 10; i++) await counters.hit('a', minutes(1))
    await advance(-hours(1))
    const count = await counters.hit('a', minutes(1))
    expect(count.resetIn).toBeLessThanOrEqual(minutes(1))
    await advance(minutes(1))
    expect((await counters.hit('a', minutes(1))).count).toBe(1)
  })

  test('a clock that steps back gives nobody a fresh budget', async () => {
    const { advance, counters } = await start()
    for (let i = 0; i < 10; i++) await counters.hit('a', minutes(1))
    await advance(-seconds(5))
    expect((await counters.hit('a', minutes(1))).count).toBe(11)
  })
})

describe('counters in memory', () => {
  // bar 142
  test('a million keys are not a million counters', () => {
    Bun.gc(true)
    const before = heapStats().objectCount
    const counters = memoryCounters(stoppedClock())
    for (let i = 0; i < 1_000_000; i++) counters.hit(`ip:${i}`, minutes(1))
    Bun.gc(true)
    expect(heapStats().objectCount - before).toBeLessThan(700_000)
    expect(counters.hit('ip:999999', minutes(1))).toMatchObject({ count: 2 })
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

describe.skipIf(!hasRedis)('counters over Redis', () => {
  const opened: Counters[] = []
  const start = async () => {
    await server.send(['FLUSHALL'])
    const clock = stoppedClock()
    const [one, other] = [await openRedisCounters(clock), await openRedisCounters(clock)]
    opened.push(one.counters, other.counters)
    return { clock, redis: one.redis, one: one.counters, other: other.counters }
  }
  afterEach(async () => {
    for (const counters of opened.splice(0)) await counters.close()
  })
  const countOf = async (counters: Counters, key = 'a') => (await counters.hit(key, minutes(1))).count

  // bar 140
  test('two processes share one bucket, exactly, however many hits at once', async () => {
    const { one, other } = await start()
    const counts = await Promise.all(Array.from({ length: 400 }, (_, i) => countOf(i % 2 ? one : other)))
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
  })

  // bar 141
  test('killed: counting goes on where it stood, at once, and is shared again within 5 s of the recovery', async () => {
    const { one, other } = await start()
    for (let i = 0; i < 7; i++) await countOf(i % 2 ? one : other)
    await server.kill()
    expect(await countOf(one)).toBe(7)
    expect(await countOf(other)).toBe(8)
    const began = performance.now()
    for (let i = 0; i < 100; i++) await countOf(one)
    expect(performance.now() - began).toBeLessThan(1000)
    await server.restart()
    const back = performance.now()
    while ((await countOf(other, 'b')) + 1 !== (await countOf(one, 'b'))) await Bun.sleep(10)
    expect(performance.now() - back).toBeLessThan(5000)
    // The server has forgotten all of it; this process has not.
    expect(await countOf(one)).toBe(108)
  }, 15_000)

  // bar 141
  test('frozen: the first hits wait 300 ms, the next ones not at all', async () => {
    const { one } = await start()
    await countOf(one)
    server.freeze()
    const began = performance.now()
    expect((await Promise.all(Array.from({ length: 50 }, () => countOf(one)))).at(-1)).toBe(51)
    const first = performance.now() - began
    for (let i = 0; i < 100; i++) await countOf(one)
    const rest = performance.now() - began - first
    server.thaw()
    expect(first).toBeWithin(100, 1000)
    expect(rest).toBeLessThan(250)
  })

  test('what lies under a key and is no counter, or would never end, keeps nobody out for longer than a window', async () => {
    const { one } = await start()
    const key = (name: string) => `keel:counter:${name}`
    await server.send(['SET', key('text'), 'garbage'])
    await server.send(['LPUSH', key('list'), 'x'])
    await server.send(['SET', key('for-ever'), '5'])
    await server.send(['SET', key('too-long'), '5', 'EX', '999999'])
    for (const [name, count] of [
      ['text', 1],
      ['list', 1],
      ['for-ever', 6],
      ['too-long', 6],
    ] as const) {
      const stand = await one.hit(name, minutes(1))
      expect(stand.count).toBe(count)
      expect(stand.resetIn).toBeWithin(1, minutes(1) + 1)
      expect(Number(await server.send(['PTTL', key(name)]))).toBeWithin(1, minutes(1) + 1)
    }
  })

  test('a server that was flushed, and its scripts too, counts on', async () => {
    const { one } = await start()
    await countOf(one)
    await server.send(['FLUSHALL'])
    await server.send(['SCRIPT', 'FLUSH'])
    expect(await countOf(one)).toBe(2)
    expect(await countOf(one, 'new')).toBe(1)
  })
})
