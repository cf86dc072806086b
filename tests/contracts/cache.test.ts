import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setSystemTime, test } from 'bun:test'
import { memoryBus } from '#adapters/bus/memory'
import { memoryCache } from '#adapters/cache/memory'
import type { Cache } from '#adapters/cache/port'
import { redisCache } from '#adapters/cache/redis'
import { silentLog } from '#adapters/log/silent'
import { openRedis } from '#adapters/redis/open'
import { minutes, seconds } from '#core'
import { hasRedis, type RedisServer, startRedis } from '../support/services'

let server: RedisServer
beforeAll(async () => {
  if (hasRedis) server = await startRedis()
})
afterAll(() => server?.stop())

/** The cache of a process of its own. Processes that share a bus hear each other's deletions at once. */
const openShared = async (bus = memoryBus(silentLog)): Promise<Cache> => {
  const redis = await openRedis({ redisUrl: server.url }, silentLog)
  if (!redis) throw new Error('no Redis')
  const cache = redisCache(redis, bus)
  const close = async () => {
    await cache.close()
    await redis.close()
  }
  return { ...cache, close }
}

const openFlushed = async () => {
  await server.send(['FLUSHALL'])
  return openShared()
}

const drivers: { name: string; open: () => Promise<Cache> }[] = [
  { name: 'memory', open: async () => memoryCache() },
  ...(hasRedis ? [{ name: 'redis', open: openFlushed }] : []),
]

const START = new Date('2026-11-22T10:00:00.000Z')
const afterStart = (milliseconds: number) => setSystemTime(new Date(START.getTime() + milliseconds))

/** A loader that counts its calls and answers with the number. */
const loader = () => {
  const load = async () => ++load.calls
  load.calls = 0
  return load
}

describe.each(drivers)('cache: $name', ({ open }) => {
  let cache: Cache
  beforeEach(async () => {
    // The library behind it reads the system's clock, not ours.
    setSystemTime(START)
    cache = await open()
  })
  afterEach(async () => {
    await cache.close()
    setSystemTime()
  })

  test('a value is loaded once and kept for its ttl', async () => {
    const load = loader()
    expect(await cache.getOrSet('k', load, { ttl: minutes(1) })).toBe(1)
    afterStart(seconds(59))
    expect(await cache.getOrSet('k', load, { ttl: minutes(1) })).toBe(1)
    afterStart(seconds(61))
    expect(await cache.getOrSet('k', load, { ttl: minutes(1) })).toBe(2)
  })

  // bar 196
  test('200 cold readers share one load', async () => {
    const load = loader()
    const values = await Promise.all(Array.from({ length: 200 }, () => cache.getOrSet('k', load, { ttl: minutes(1) })))
    expect(load.calls).toBe(1)
    expect(new Set(values)).toEqual(new Set([1]))
  })

  test('nothing is a value too', async () => {
    let calls = 0
    const load = async (): Promise<undefined> => void calls++
    expect(await cache.getOrSet('k', load, { ttl: minutes(1) })).toBeUndefined()
    await cache.getOrSet('k', load, { ttl: minutes(1) })
    expect(calls).toBe(1)
  })

  test('delete and deleteByTag make the next reader load', async () => {
    const load = loader()
    const read = () => cache.getOrSet('k', load, { ttl: minutes(1), tags: ['users', 'ada'] })
    await read()
    await cache.delete('k')
    expect(await read()).toBe(2)
    await cache.deleteByTag('ada')
    expect(await read()).toBe(3)
    await cache.deleteByTag('bob', 'files')
    expect(await read()).toBe(3)
  })

  test('what is loaded while it is deleted is not served afterwards', async () => {
    for (const remove of [() => cache.delete('k'), () => cache.deleteByTag('tag')]) {
      const gate = Promise.withResolvers<string>()
      const started = Promise.withResolvers<void>()
      const slow = cache.getOrSet(
        'k',
        () => {
          started.resolve()
          return gate.promise
        },
        { ttl: minutes(1), tags: ['tag'] },
      )
      await started.promise
      await remove()
      gate.resolve('old')
      expect(await slow).toBe('old')
      expect(await cache.getOrSet('k', async () => 'new', { ttl: minutes(1), tags: ['tag'] })).toBe('new')
      await cache.delete('k')
    }
  })

  test('in its grace a stale value is answered at once while a new one is made', async () => {
    const load = loader()
    const read = () => cache.getOrSet('k', load, { ttl: minutes(1), grace: minutes(5) })
    await read()
    afterStart(minutes(2))
    expect(await read()).toBe(1)
    // The load in the background ends when it ends.
    while ((await read()) === 1) await Bun.sleep(1)
    expect(await read()).toBe(2)
  })

  test('in its grace a stale value stands in for a load that fails', async () => {
    const options = { ttl: minutes(1), grace: minutes(5) }
    await cache.getOrSet('k', async () => 'kept', options)
    afterStart(minutes(2))
    const failing = async (): Promise<string> => {
      throw new Error('down')
    }
    expect(await cache.getOrSet('k', failing, options)).toBe('kept')
  })

  test('a deleted value is not served in its grace', async () => {
    const load = loader()
    const read = () => cache.getOrSet('k', load, { ttl: minutes(1), grace: minutes(5), tags: ['tag'] })
    await read()
    await cache.deleteByTag('tag')
    expect(await read()).toBe(2)
    await cache.delete('k')
    expect(await read()).toBe(3)
  })

  test('a load that fails is told as it was thrown, and nothing is kept', async () => {
    const failing = async (): Promise<string> => {
      throw new RangeError('down')
    }
    await expect(cache.getOrSet('k', failing, { ttl: minutes(1) })).rejects.toBeInstanceOf(RangeError)
    expect(await cache.getOrSet('k', async () => 'up', { ttl: minutes(1) })).toBe('up')
  })
})

describe.skipIf(!hasRedis)('cache over Redis', () => {
  const opened: Cache[] = []
  const two = async () => {
    await server.send(['FLUSHALL'])
    const bus = memoryBus(silentLog)
    const [one, other] = [await openShared(bus), await openShared(bus)]
    opened.push(one, other)
    return { one, other }
  }
  afterEach(async () => {
    for (const cache of opened.splice(0)) await cache.close()
  })
  const options = { ttl: minutes(1), tags: ['tag'] }

  test('what one process has loaded the other one finds, dates and sets as what they are', async () => {
    const { one, other } = await two()
    const value = { at: new Date('2026-11-22T10:00:00.000Z'), can: new Set(['a']) }
    await one.getOrSet('k', async () => value, options)
    const load = loader()
    expect(await other.getOrSet<unknown>('k', load, options)).toEqual(value)
    expect(load.calls).toBe(0)
  })

  // bar 195
  test('what is deleted in one process is gone in the other one: at once, and within a second if it hears nothing', async () => {
    await server.send(['FLUSHALL'])
    const bus = memoryBus(silentLog)
    const [one, near, far] = [await openShared(bus), await openShared(bus), await openShared()]
    opened.push(one, near, far)
    const load = loader()
    const read = (cache: Cache) => cache.getOrSet('k', load, options)
    expect([await read(one), await read(near), await read(far)]).toEqual([1, 1, 1])
    const deleted = performance.now()
    await one.deleteByTag('tag')
    expect(await read(near)).toBe(2)
    while ((await read(far)) === 1) await Bun.sleep(10)
    expect(performance.now() - deleted).toBeLessThan(1200)
    expect(load.calls).toBe(2)
  })

  // bar 197
  test('garbage and wrong types in Redis are misses', async () => {
    const { one } = await two()
    await one.getOrSet('k', async () => 'good', options)
    const keys = (await server.send(['KEYS', 'keel:cache:*'])) as string[]
    expect(keys.length).toBeGreaterThan(3)
    const bad = ['', '{', 'null', '7', '"text"', '{"value":7}', '{"value":{"value":"evil"}}']
    for (const text of [...bad, undefined]) {
      for (const key of keys) {
        await server.send(['DEL', key])
        await server.send(text === undefined ? ['LPUSH', key, 'x'] : ['SET', key, text])
      }
      const fresh = await openShared()
      opened.push(fresh)
      expect(await fresh.getOrSet('k', async () => 'loaded', options)).toBe('loaded')
      expect(await fresh.getOrSet('k', async () => 'again', options)).toBe('loaded')
    }
  })

  // bar 197
  test('flushed: everything is loaded again, and nothing else happens', async () => {
    const { one, other } = await two()
    await one.getOrSet('k', async () => 1, options)
    await server.send(['FLUSHALL'])
    expect(await other.getOrSet('k', async () => 2, options)).toBe(2)
  })

  test('everything it leaves in Redis has an end', async () => {
    const { one } = await two()
    await one.getOrSet('k', async () => 1, { ...options, grace: minutes(5) })
    await one.deleteByTag('tag')
    for (const key of (await server.send(['KEYS', '*'])) as string[])
      expect(Number(await server.send(['PTTL', key]))).toBeGreaterThan(0)
  })

  test('frozen: a reader waits 300 ms once, values come from the loader, and nothing is older than a second', async () => {
    const { one, other } = await two()
    const load = loader()
    const read = () => one.getOrSet('k', load, options)
    await read()
    server.freeze()
    const waits: number[] = []
    const until = performance.now() + 1500
    let last = 0
    while (performance.now() < until) {
      const began = performance.now()
      last = await read()
      waits.push(performance.now() - began)
      await Bun.sleep(5)
    }
    await one.delete('k')
    expect(await read()).toBeGreaterThan(last)
    server.thaw()
    expect(Math.max(...waits)).toBeLessThan(1000)
    expect(waits.filter((wait) => wait > 250).length).toBeLessThanOrEqual(2)
    expect(last).toBeWithin(2, 5)
    await other.delete('other')
  })

  test('what was deleted while Redis was away is not served from there when it is back', async () => {
    const { one } = await two()
    const far = await openShared()
    opened.push(far)
    await one.getOrSet('k', async () => 'old', options)
    await server.send(['CLIENT', 'PAUSE', '1500', 'ALL'])
    await one.delete('k')
    expect(await one.getOrSet('k', async () => 'new', options)).toBe('new')
    const began = performance.now()
    while ((await far.getOrSet('k', async () => 'new', options)) === 'old' || performance.now() - began < 2500)
      await Bun.sleep(20)
    expect(performance.now() - began).toBeLessThan(4500)
  }, 10_000)
})
