import { newId } from '#core'
import type { Cache } from './port'

/** Entries held in memory; beyond it the one used least recently goes. */
const MAX_ITEMS = 10_000
/** How long the version of a key or tag is remembered, in milliseconds. Forgetting one only means a miss. */
const VERSION_LIFETIME = 24 * 60 * 60 * 1000

/**
 * Bentocache over its memory driver. Loaded at the first use: a process that caches nothing pays nothing.
 *
 * Deleting gives a key or tag a new version, and versions are part of the key under which a value is kept: so neither a
 * stale value in its grace nor one that was being loaded meanwhile is served afterwards.
 */
export const bentoCache = (): Cache => {
  let opening: ReturnType<typeof open> | undefined
  const bento = () => (opening ??= open())

  const version = async (name: string) =>
    (await bento()).getOrSet({ key: `version:${name}`, factory: newId, ttl: VERSION_LIFETIME })
  const renew = async (name: string) => {
    await (await bento()).set({ key: `version:${name}`, value: newId(), ttl: VERSION_LIFETIME })
  }

  return {
    driver: 'memory',
    async getOrSet<T>(
      key: string,
      load: () => Promise<T>,
      { ttl, grace = 0, tags = [] }: Parameters<Cache['getOrSet']>[2],
    ) {
      const versions = await Promise.all([version(`key:${key}`), ...tags.map((tag) => version(`tag:${tag}`))])
      const cache = await bento()
      try {
        const kept = await cache.getOrSet({
          key: [key, ...versions].join('|'),
          // In a box: bentocache refuses undefined.
          factory: async () => ({ value: await load() }),
          ttl,
          // Bentocache counts its grace from the moment a value is made, and a timeout of 0 means: answer with the stale one.
          ...(grace > 0 ? { grace: ttl + grace, timeout: 0 } : { grace: false as const }),
        })
        return kept.value
      } catch (error) {
        throw isFactoryError(error) ? error.cause : error
      }
    },
    delete: (key) => renew(`key:${key}`),
    async deleteByTag(...tags) {
      await Promise.all(tags.map((tag) => renew(`tag:${tag}`)))
    },
    async close() {
      await (await opening)?.disconnectAll()
    },
  }
}

const open = async () => {
  const [{ BentoCache, bentostore }, { memoryDriver }] = await Promise.all([
    import('bentocache'),
    import('bentocache/drivers/memory'),
  ])
  const store = bentostore().useL1Layer(memoryDriver({ maxItems: MAX_ITEMS, serialize: false }))
  return new BentoCache({ default: 'memory', stores: { memory: store } })
}

/** Bentocache wraps what a loader throws; callers want their own error. */
const isFactoryError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'E_FACTORY_ERROR'
