import type { Clock } from '#core'
import type { Redis } from '../redis/port'
import { memoryCounters } from './memory'
import type { Counters } from './port'
import { redisCounters } from './redis'

/** The counters of this process, or of all of them where there is a Redis. */
export const openCounters = (redis: Redis | undefined, clock: Clock): Counters =>
  redis ? redisCounters(redis, clock) : memoryCounters(clock)
