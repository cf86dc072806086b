import type { Config } from '../../config'
import { type LineWriter, pinoLog } from './pino'
import type { Log } from './port'
import { silentLog } from './silent'

/** The log that the settings ask for; `destination` takes the lines instead of stdout. */
export const openLog = (config: Pick<Config, 'logLevel'>, destination?: LineWriter): Log =>
  config.logLevel === 'silent' ? silentLog : pinoLog(config.logLevel, destination)
