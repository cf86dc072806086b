import pino from 'pino'
import type { Log } from './port'
import { redactor } from './redact'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** Where lines go: one call with one line of JSON, newline included. */
export interface LineWriter {
  write(line: string): void
}

/** JSON lines on stdout (or `destination`), written in batches off the request's path and flushed when the process ends. */
export const pinoLog = (level: Level, destination: LineWriter = stdout()): Log =>
  wrap(
    pino(
      {
        level,
        base: undefined,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // Errors have been described by then; pino would describe them again.
        serializers: {},
      },
      destination,
    ),
    redactor(),
  )

const wrap = (logger: pino.Logger, redact: ReturnType<typeof redactor>): Log => ({
  debug: (fields, message) => void (logger.isLevelEnabled('debug') && logger.debug(redact(fields), message)),
  info: (fields, message) => void (logger.isLevelEnabled('info') && logger.info(redact(fields), message)),
  warn: (fields, message) => logger.warn(redact(fields), message),
  error: (fields, message) => logger.error(redact(fields), message),
  child: (fields) => wrap(logger.child(redact(fields)), redact),
})

const stdout = (): LineWriter => {
  const stream = pino.destination({ dest: 1, sync: false })
  process.once('exit', () => stream.flushSync())
  return stream
}
