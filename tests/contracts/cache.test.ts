import { afterEach, beforeEach, describe, expect, setSystemTime, test } from 'bun:test'
import { bentoCache } from '#adapters/cache/bento'
import type { Cache } from '#adapters/cache/port'
import { minutes, seconds } from '#core'

const drivers: { name: string; open: () => Promise<Cache> }[] = [{ name: 'memory', open: async () => bentoCache() }]

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
    await Bun.sleep(0) // lets the load in the background end
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
