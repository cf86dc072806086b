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
  access: (fields) => logger.info(fields, 'request'),
  child: (fields) => wrap(logger.child(redact(fields)), redact),
})

/** Collects the lines of one turn of the loop and hands them over as one. */
const stdout = (): LineWriter => {
  const stream = pino.destination({ dest: 1, sync: false })
  let batch = ''
  const handOver = () => {
    if (batch !== '') stream.write(batch)
    batch = ''
  }
  process.once('exit', () => {
    handOver()
    stream.flushSync()
  })
  return {
    write: (line) => {
      if (batch === '') setImmediate(handOver)
      batch += line
    },
  }
}
