import { join } from 'node:path'
import type { Clock } from '#core'
import type { Config } from '../../config'
import { diskStorage } from './disk'
import type { Storage } from './port'

/** The storage that the settings ask for: files under the data folder. */
export const openStorage = (config: Pick<Config, 'dataDir' | 's3'>, clock: Clock): Promise<Storage> =>
  diskStorage(join(config.dataDir, 'files'), clock.now())
