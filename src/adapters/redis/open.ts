import { seconds } from '#core'
import type { Config } from '../../config'
import type { Log } from '../log/port'
import { connectRedis } from './connect'
import type { Redis } from './port'

/** How long the start waits for Redis before it goes on without. */
const PATIENCE = seconds(1)

/** The connection to the Redis that the settings name; nothing, and not a line of its client loaded, if they name none. */
export const openRedis = async ({ redisUrl }: Pick<Config, 'redisUrl'>, log: Log): Promise<Redis | undefined> => {
  if (redisUrl === undefined) return undefined
  const ioredis = await import('ioredis')
  const redis = connectRedis((options) => new ioredis.Redis(redisUrl, options), log)
  await answered(redis)
  try {
    await warnOfEviction(redis, log)
  } catch (error) {
    // It may also be there and not say: then there is nothing to say about it.
    if (!redis.up) log.warn({ error }, 'Redis does not answer: starting without it, it is used as soon as it does')
  }
  return redis
}

const answered = (redis: Redis) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE)
    const end = redis.onChange(() => {
      clearTimeout(timer)
      end()
      resolve()
    })
  })

/** Managed servers refuse CONFIG; INFO tells the same. */
const warnOfEviction = async (redis: Redis, log: Log) => {
  const info = await redis.attempt((client) => client.info('memory'))
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  if (policy !== undefined && policy !== 'noeviction')
    log.warn({ policy }, 'Redis may throw keys away: set maxmemory-policy to noeviction, or jobs wait a little longer')
}
