import type { Log } from '../log/port'
import type { Redis } from '../redis/port'
import { memoryBus } from './memory'
import type { Bus } from './port'
import { redisBus } from './redis'

/** The bus of this process, or of all of them where there is a Redis. */
export const openBus = (redis: Redis | undefined, log: Log): Bus => (redis ? redisBus(redis, log) : memoryBus(log))
