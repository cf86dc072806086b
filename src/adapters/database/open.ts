import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { App } from '#core'
import { asideOf } from './aside'
import { openFile } from './file'
import { migrateFile } from './migrate-file'
import type { Database } from './port'
import { finishSwitch } from './switch'

/** The settings that decide which database is opened; the configuration fits. */
export interface DatabaseSettings {
  databaseUrl: string
  databaseAuthToken?: string | undefined
  dataDir: string
  production: boolean
  litestream?: boolean
}

interface Tools {
  clock: App['clock']
  log: Pick<App['log'], 'info' | 'error'>
}

/**
 * Opens the database that the settings name and brings it up to this version. Throws one clear sentence if it is not there
 * although it should be, cannot be written, is not ours, or was made by another version.
 */
export const openDatabase = async (settings: DatabaseSettings, tools: Tools): Promise<Database> => {
  const { databaseUrl, databaseAuthToken, dataDir } = settings
  if (!databaseUrl.startsWith('file:')) {
    // Loaded only where it is used: a database file needs none of it.
    const [{ connectRemote, openRemote }, { migrateRemote }] = await Promise.all([
      import('./libsql'),
      import('./migrate-remote'),
    ])
    const client = connectRemote(databaseUrl, databaseAuthToken)
    await migrateRemote(client, tools)
    return openRemote(client, tools)
  }
  const path = pathOf(databaseUrl)
  const migrate = () => void migrateFile(path, { ...tools, backups: join(dataDir, 'backups') })
  finishSwitch({ dataDir, path, log: tools.log, migrate })
  if (settings.production) assertNotLost(path, dataDir)
  mkdirSync(dirname(path), { recursive: true })
  assertWritable(path)
  migrate()
  return openFile(path, { ...tools, dataDir, litestream: settings.litestream ?? false })
}

// <backups>
/** Heavy work on the database file of these settings without opening it here. Nothing where it is a server. */
export const asideFor = ({ databaseUrl, dataDir }: Pick<DatabaseSettings, 'databaseUrl' | 'dataDir'>) =>
  databaseUrl.startsWith('file:') ? asideOf(pathOf(databaseUrl), dataDir) : undefined
// </backups>

/** The path that a `file:` URL names, from the working directory if it is relative. */
export const pathOf = (url: string): string => resolve(url.replace(/^file:(\/\/(?=\/))?/, ''))

/** An empty volume is set up; one that has been used but holds no database was mounted or restored wrongly. */
const assertNotLost = (path: string, dataDir: string) => {
  if (existsSync(path) || !existsSync(dataDir)) return
  const [found] = readdirSync(dataDir).filter((name) => name !== 'lost+found' && !name.startsWith('.'))
  if (found === undefined) return
  throw new Error(
    `There is no database at ${path}, but DATA_DIR holds files of an earlier run (${found}): restore a backup, or point DATA_DIR to an empty folder`,
  )
}

const assertWritable = (path: string) => {
  for (const each of existsSync(path) ? [path, dirname(path)] : [dirname(path)]) {
    try {
      accessSync(each, constants.W_OK)
    } catch {
      throw new Error(`The database cannot be written: give this process write access to ${each}`)
    }
  }
}
