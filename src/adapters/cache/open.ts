import type { Config } from '../../config'
import { bentoCache } from './bento'
import type { Cache } from './port'

/** The cache that the settings ask for. */
export const openCache = (_config: Pick<Config, 'redisUrl'>): Cache => bentoCache()
