import { newId } from '#core'
import { bentoCache, MAX_ITEMS } from './bento'
import type { Cache } from './port'

/** How long a version is remembered, in milliseconds. Forgetting one only means a miss. */
const VERSION_LIFETIME = 24 * 60 * 60 * 1000

/** A cache in this process. */
export const memoryCache = (): Cache =>
  bentoCache('memory', async () => {
    const [{ BentoCache, bentostore }, { memoryDriver }] = await Promise.all([
      import('bentocache'),
      import('bentocache/drivers/memory'),
    ])
    const store = bentostore().useL1Layer(memoryDriver({ maxItems: MAX_ITEMS, serialize: false }))
    const bento = new BentoCache({ default: 'main', stores: { main: store } })
    const keyOf = (name: string) => `version:${name}`
    const version = (name: string) => bento.getOrSet({ key: keyOf(name), factory: newId, ttl: VERSION_LIFETIME })
    const renew = (name: string) => bento.set({ key: keyOf(name), value: newId(), ttl: VERSION_LIFETIME })
    return {
      bento,
      versions: {
        of: (names) => Promise.all(names.map(version)),
        renew: async (names) => void (await Promise.all(names.map(renew))),
      },
    }
  })
