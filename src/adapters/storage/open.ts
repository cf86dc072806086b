import { join } from 'node:path'
import type { Clock } from '#core'
import type { Config } from '../../config'
import { diskStorage } from './disk'
import type { Storage } from './port'
import { s3Storage } from './s3'

/** The storage that the settings ask for: a bucket, or files under the data folder. */
export const openStorage = async (config: Pick<Config, 'dataDir' | 's3'>, clock: Clock): Promise<Storage> =>
  config.s3 ? s3Storage(config.s3) : diskStorage(join(config.dataDir, 'files'), clock.now())

/** Where backups are kept: a bucket of their own, the one for files, or a folder beside the database. */
export const openVault = async (config: Pick<Config, 'dataDir' | 's3' | 'backup'>, clock: Clock): Promise<Storage> =>
  config.s3
    ? s3Storage({ ...config.s3, bucket: config.backup.bucket ?? config.s3.bucket })
    : diskStorage(join(config.dataDir, 'backups'), clock.now())
