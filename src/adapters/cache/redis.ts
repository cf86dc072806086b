import type { L2CacheDriver } from 'bentocache/types'
import { fromWire, toWire } from '#core'
import type { Bus } from '../bus/port'
import type { Redis } from '../redis/port'
import { bentoCache, MAX_ITEMS } from './bento'
import type { Cache } from './port'
import { redisVersions } from './redis-versions'

const PREFIX = 'keel:cache:'

/**
 * A cache in this process over one that all share. Redis is asked for what is not in memory, and never for longer than
 * 300 ms: while it is gone, and for whatever lies there that is none of ours, there is the loader.
 */
export const redisCache = (redis: Redis, bus: Bus): Cache => {
  const versions = redisVersions(redis, bus)
  const cache = bentoCache('redis', async () => {
    const [{ BentoCache, bentostore }, { memoryDriver }] = await Promise.all([
      import('bentocache'),
      import('bentocache/drivers/memory'),
    ])
    const store = bentostore()
      // As text: over a shared layer, bentocache 1.6.1 cannot read values that it has put into memory as they are.
      .useL1Layer(memoryDriver({ maxItems: MAX_ITEMS }))
      .useL2Layer({ options: {}, factory: () => sharedLayer(redis) })
    const serializer = { serialize: toWire, deserialize: fromWire }
    return { bento: new BentoCache({ default: 'main', stores: { main: store }, serializer }), versions }
  })
  const close = async () => {
    versions.end()
    await cache.close()
  }
  return { ...cache, close }
}

/** Redis as bentocache asks for it. It takes an error for a miss. */
const sharedLayer = (redis: Redis): L2CacheDriver => {
  const get = async (key: string) => {
    const text = await redis.attempt((client) => client.get(PREFIX + key))
    return text !== null && isEntry(text) ? text : undefined
  }
  const remove = async (keys: string[]) => {
    await redis.attempt((client) => client.unlink(...keys.map((key) => PREFIX + key)))
    return true
  }
  return {
    type: 'l2',
    namespace: () => sharedLayer(redis),
    get,
    pull: async (key) => {
      const found = await get(key)
      await remove([key])
      return found
    },
    set: async (key, value, ttl) => {
      // Whatever has no end would fill a Redis that throws nothing away.
      if (ttl === undefined) return false
      await redis.attempt((client) => client.set(PREFIX + key, value, 'PX', Math.ceil(ttl)))
      return true
    },
    delete: (key) => remove([key]),
    deleteMany: remove,
    // Nobody calls it, and others use this Redis too.
    clear: async () => {},
    disconnect: async () => {},
  }
}

/** True if the text is what bentocache wrote of one of our boxes. */
const isEntry = (text: string) => {
  try {
    const entry = fromWire(text)
    return (
      isObject(entry) &&
      isObject(entry.value) &&
      typeof entry.createdAt === 'number' &&
      typeof entry.logicalExpiration === 'number'
    )
  } catch {
    return false
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
