import type { Log } from './port'

/** Says nothing. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  access: () => {},
  child: () => silentLog,
}
