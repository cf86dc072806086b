import type { Bus } from '../bus/port'
import type { Redis } from '../redis/port'
import { memoryCache } from './memory'
import type { Cache } from './port'
import { redisCache } from './redis'

/** The cache of this process, over one that all share where there is a Redis. */
export const openCache = (redis: Redis | undefined, bus: Bus): Cache => (redis ? redisCache(redis, bus) : memoryCache())
