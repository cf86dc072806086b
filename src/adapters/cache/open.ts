import type { Config } from '../../config'
import { bentoCache } from './bento'
import type { Cache } from './port'

/** The cache that the settings ask for. */
export const openCache = async (_config: Pick<Config, 'redisUrl'>): Promise<Cache> => bentoCache()
