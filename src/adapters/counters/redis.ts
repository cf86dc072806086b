import type { Clock } from '#core'
import type { Redis } from '../redis/port'
import { memoryCounters } from './memory'
import type { Counters } from './port'

const PREFIX = 'keel:counter:'

/** Counts in one step. What is no number, or would last longer than the window, is put right: it would lock somebody out. */
const HIT = `
local count = redis.pcall('INCR', KEYS[1])
if type(count) == 'table' then
  redis.call('SET', KEYS[1], 1)
  count = 1
end
local window = tonumber(ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > window then
  redis.call('PEXPIRE', KEYS[1], window)
  left = window
end
return { count, left }`
const SHA = new Bun.CryptoHasher('sha1').update(HIT).digest('hex')

/**
 * Counters that all processes share. Each also counts for itself and remembers what it heard of the others, and the
 * stricter of the two holds: while Redis is gone, or has lost its content, nobody begins again at zero.
 */
export const redisCounters = (redis: Redis, clock: Clock): Counters => {
  const local = memoryCounters(clock)

  const hitThere = (key: string, window: number) =>
    redis.attempt(async (client) => {
      const answer = await client.evalsha(SHA, 1, key, window).catch((error: unknown) => {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return client.eval(HIT, 1, key, window)
        throw error
      })
      const [count, resetIn] = Array.isArray(answer) ? answer.map(Number) : []
      return { count: count ?? 0, resetIn: resetIn ?? 0 }
    })

  return {
    driver: 'redis',
    hit: (key, window) => {
      const here = local.hit(key, window)
      if (!redis.up) return here
      return hitThere(PREFIX + key, window).then(
        (there) => {
          if (there.count < here.count) return here
          local.raise(key, there)
          return there
        },
        () => here,
      )
    },
    reset: async (key) => {
      local.reset(key)
      await redis.attempt((client) => client.del(PREFIX + key)).catch(() => {})
    },
    close: local.close,
  }
}
