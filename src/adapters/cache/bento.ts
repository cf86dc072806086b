import type { BentoCache, bentostore } from 'bentocache'
import type { Cache } from './port'
import type { Versions } from './versions'

/** Entries held in memory; beyond it the one used least recently goes. */
export const MAX_ITEMS = 10_000

type Bento = BentoCache<{ main: ReturnType<typeof bentostore> }>

/** What a driver brings. Opened at the first use: a process that caches nothing pays nothing. */
export interface Opened {
  bento: Bento
  versions: Versions
}

/** The cache over bentocache: one load for concurrent readers, grace, tags. */
export const bentoCache = (driver: string, open: () => Promise<Opened>): Cache => {
  let opening: Promise<Opened> | undefined
  const opened = () => (opening ??= open())

  return {
    driver,
    async getOrSet<T>(
      key: string,
      load: () => Promise<T>,
      { ttl, grace = 0, tags = [] }: Parameters<Cache['getOrSet']>[2],
    ) {
      const { bento, versions } = await opened()
      const current = await versions.of([`key:${key}`, ...tags.map((tag) => `tag:${tag}`)])
      try {
        const kept = await bento.getOrSet({
          key: [key, ...current].join('|'),
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
    delete: async (key) => (await opened()).versions.renew([`key:${key}`]),
    deleteByTag: async (...tags) => (await opened()).versions.renew(tags.map((tag) => `tag:${tag}`)),
    async close() {
      await (await opening)?.bento.disconnectAll()
    },
  }
}

/** Bentocache wraps what a loader throws; callers want their own error. */
const isFactoryError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'E_FACTORY_ERROR'
