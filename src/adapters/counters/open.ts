import type { Clock } from '#core'
import type { Config } from '../../config'
import { memoryCounters } from './memory'
import type { Counters } from './port'

/** The counters that the settings ask for. */
export const openCounters = async (_config: Pick<Config, 'redisUrl'>, clock: Clock): Promise<Counters> =>
  memoryCounters(clock)
