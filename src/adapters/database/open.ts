import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { App } from '#core'
import { openFile } from './file'
import type { Database } from './port'

/** The settings that decide which database is opened; the configuration fits. */
export interface DatabaseSettings {
  databaseUrl: string
  databaseAuthToken?: string | undefined
  dataDir: string
  production: boolean
}

export type Tools = Pick<App, 'clock' | 'log'>

/** The path in a `file:` URL. */
export const pathOf = (url: string) => resolve(url.replace(/^file:(\/\/(?=\/))?/, ''))

export const openDatabase = async (settings: DatabaseSettings, { log }: Tools): Promise<Database> => {
  const path = pathOf(settings.databaseUrl)
  mkdirSync(dirname(path), { recursive: true })
  return openFile(path, { log })
}
