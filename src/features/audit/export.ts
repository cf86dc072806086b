import type { Context } from '#core'
import { journal, transaction } from '#db'
import { auditExported } from './events'
import { filterOf } from './filter'
import type { Filters } from './models'
import { type Entry, entries } from './view'

export type Format = 'csv' | 'ndjson'

export const TYPES: Record<Format, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
}

const COLUMNS = [
  'createdAt',
  'action',
  'outcome',
  'actorType',
  'actorId',
  'actorName',
  'impersonatorId',
  'resourceType',
  'resourceId',
  'resourceLabel',
  'before',
  'after',
  'details',
  'ip',
  'userAgent',
  'requestId',
  'seq',
  'id',
]

/**
 * The audit log as a file, oldest first, up to the moment it was asked for: that it was is its last row. Read and
 * written some rows at a time, as fast as the other side takes them, so that any length fits into memory.
 */
export const exportLog = async (ctx: Context, format: Format, query: Filters): Promise<ReadableStream<Uint8Array>> => {
  const { ip, ...rest } = query
  // Whose address it is nobody knows here, so it could not be erased with them.
  const filter = { ...rest, ...(ip === undefined ? {} : { ip: '[address]' }) }
  await transaction(ctx, (tx) => journal.record(tx, ctx, auditExported, { format, filter }))
  return streamOf(pieces(ctx, format, query), (error) =>
    ctx.log.error({ requestId: ctx.requestId, error: String(error) }, 'An export of the audit log broke off'),
  )
}

const pieces = async function* (ctx: Context, format: Format, query: Filters): AsyncGenerator<string> {
  const { stringify } = await import('csv-stringify/sync')
  // RFC 4180, with what a spreadsheet would run as a formula turned into text.
  const csv = (rows: (string | number | null)[][]) =>
    stringify(rows, { escape_formulas: true, record_delimiter: '\r\n' })
  if (format === 'csv') yield csv([COLUMNS])
  for await (const rows of ctx.journal.scan(filterOf(query))) {
    const some = await entries(ctx, rows)
    yield format === 'csv' ? csv(some.map(cells)) : some.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  }
}

const cells = (entry: Entry) => [
  entry.createdAt,
  entry.action,
  entry.outcome,
  entry.actor.type,
  text(entry.actor.id),
  text(entry.actor.name),
  entry.impersonatorId ?? null,
  entry.resource.type,
  text(entry.resource.id),
  text(entry.resource.label),
  json(entry.before),
  json(entry.after),
  json(entry.details),
  entry.ip,
  text(entry.userAgent),
  entry.requestId,
  entry.seq,
  entry.id,
]

// Before a formula a NUL is invisible to whoever reads, and to those who look for formulas.
const text = (value: string | null) => value?.replaceAll('\0', '') ?? null

const json = (value: unknown) =>
  value === undefined ? null : typeof value === 'string' ? text(value) : JSON.stringify(value)

const streamOf = (source: AsyncGenerator<string>, onError: (error: unknown) => void) => {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await source.next()
          if (done) controller.close()
          else controller.enqueue(encoder.encode(value))
        } catch (error) {
          onError(error)
          controller.error(error)
        }
      },
      async cancel() {
        await source.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
}
