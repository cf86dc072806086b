import { newId, seconds } from '#core'
import type { Bus } from '../bus/port'
import type { Redis } from '../redis/port'
import type { Versions } from './versions'

const PREFIX = 'keel:cache:version:'
const CHANNEL = 'cache.versions'
/** Milliseconds that a version is taken from memory. What is deleted elsewhere is gone here after this at the latest. */
const FRESH = seconds(1)
/** Seconds. */
const LIFETIME = 24 * 60 * 60
/** Names held in memory; when it is full all of them are asked for anew. */
const MAX_NAMES = 10_000
/** Part of every version: renewed when Redis is back, because it may not have heard what was deleted meanwhile. */
const EPOCH = 'epoch'

/** The version of each key, made if there is none. What is no text is replaced. */
const READ = `
for i, key in ipairs(KEYS) do
  local found = redis.pcall('GET', key)
  if type(found) ~= 'string' then
    redis.call('SET', key, ARGV[1 + i], 'EX', ARGV[1])
    found = ARGV[1 + i]
  end
  KEYS[i] = found
end
return KEYS`

interface Known {
  /** `performance.now()`. */
  at: number
  version: Promise<string>
}

/**
 * Versions that all processes share. Every one is asked for again after a second, so that a process that heard of no
 * deletion serves nothing older; while Redis is gone each second has versions of its own, which says the same.
 */
export const redisVersions = (redis: Redis, bus: Bus): Versions & { end(): void } => {
  const known = new Map<string, Known>()

  const keep = (name: string, version: Promise<string>) => {
    if (known.size >= MAX_NAMES) known.clear()
    known.set(name, { at: performance.now(), version })
    return version
  }

  const ask = async (names: readonly string[], fresh: readonly string[]): Promise<readonly string[]> => {
    try {
      const keys = names.map((name) => PREFIX + name)
      const answer = await redis.attempt((client) => client.eval(READ, keys.length, ...keys, LIFETIME, ...fresh))
      return Array.isArray(answer) ? answer.map(String) : fresh
    } catch {
      return fresh
    }
  }

  const renew = async (names: readonly string[]) => {
    const versions = names.map(newId)
    names.forEach((name, i) => void keep(name, Promise.resolve(versions[i] ?? newId())))
    try {
      await redis.attempt(async (client) => {
        const pipeline = client.pipeline()
        names.forEach((name, i) => void pipeline.set(PREFIX + name, versions[i] ?? newId(), 'EX', LIFETIME))
        await pipeline.exec()
      })
    } catch {
      // Who else is there finds out within a second; what Redis holds is out of date, see EPOCH.
    }
    bus.publish(CHANNEL, names)
  }

  const unsubscribe = bus.subscribe(CHANNEL, (names) => {
    if (Array.isArray(names)) for (const name of names) known.delete(String(name))
  })
  const forget = bus.subscribe('gap', () => known.clear())
  const unwatch = redis.onChange((up) => up && void renew([EPOCH]))

  return {
    of: async (wanted) => {
      const names = [...wanted, EPOCH]
      const now = performance.now()
      const missing = names.filter((name) => now - (known.get(name)?.at ?? Number.NEGATIVE_INFINITY) >= FRESH)
      if (missing.length > 0) {
        const asked = ask(missing, missing.map(newId))
        missing.forEach(
          (name, i) =>
            void keep(
              name,
              asked.then((versions) => versions[i] ?? newId()),
            ),
        )
      }
      return Promise.all(names.map((name) => known.get(name)?.version ?? newId()))
    },
    renew,
    end: () => {
      unsubscribe()
      forget()
      unwatch()
    },
  }
}
