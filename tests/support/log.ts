import { pinoLog } from '#adapters/log/pino'

/** The process's own log, kept in memory: `testApp({ log })`, then `lines()`. */
export const memoryLog = () => {
  const written: string[] = []
  return {
    log: pinoLog('debug', { write: (line) => void written.push(line) }),
    /** Everything written so far, as it would stand on stdout. */
    text: () => written.join(''),
    lines: () =>
      written
        .join('')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  }
}
