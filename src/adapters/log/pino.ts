import pino from 'pino'
import type { Log } from './port'
import { redactor } from './redact'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** Where lines go: one call with one line of JSON, newline included. */
export interface LineWriter {
  write(line: string): void
}

/** JSON lines on stdout (or `destination`), written in batches and flushed when the process ends. */
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
    destination,
  )

const wrap = (logger: pino.Logger, redact: ReturnType<typeof redactor>, destination: LineWriter): Log => ({
  debug: (fields, message) => void (logger.isLevelEnabled('debug') && logger.debug(redact(fields), message)),
  info: (fields, message) => void (logger.isLevelEnabled('info') && logger.info(redact(fields), message)),
  warn: (fields, message) => logger.warn(redact(fields), message),
  error: (fields, message) => logger.error(redact(fields), message),
  // Written as pino would, without its walk over every field: this is a tenth of an answered request.
  access: (fields) => {
    if (logger.isLevelEnabled('info')) destination.write(accessLine(fields))
  },
  child: (fields) => wrap(logger.child(redact(fields)), redact, destination),
})

const accessLine = (fields: Record<string, unknown>) =>
  `{"level":"info","time":"${new Date().toISOString()}",${JSON.stringify(fields).slice(1, -1)},"msg":"request"}\n`

/** Milliseconds that lines wait to be written together: a write a line would cost more than the line. */
const BATCH_TIME = 20
const BATCH_LENGTH = 32 * 1024

/**
 * Collects lines for a moment and writes them as one; at once when the process ends. The write itself is synchronous:
 * what an asynchronous one still holds at the end is lost, and the last lines are those that tell why it ended.
 */
const stdout = (): LineWriter => {
  const stream = pino.destination({ dest: 1, sync: true })
  let batch = ''
  const handOver = () => {
    if (batch !== '') stream.write(batch)
    batch = ''
  }
  process.once('exit', handOver)
  return {
    write: (line) => {
      if (batch === '') setTimeout(handOver, BATCH_TIME)
      batch += line
      if (batch.length > BATCH_LENGTH) handOver()
    },
  }
}
