import type { Context, RecordedEvent } from '#core'
import { namesOf } from '#features/users'

/** Rows of the journal as the audit log shows them, with the names that people have now, asked for all at once. */
export const entries = async (ctx: Context, rows: readonly RecordedEvent[]) => {
  const names = await namesOf(ctx, rows.flatMap(peopleIn))
  return rows.map((row) => entry(row, names))
}

const isPerson = ({ actorType }: RecordedEvent) => actorType !== 'system' && actorType !== 'anonymous'

const peopleIn = (row: RecordedEvent) => [
  isPerson(row) ? row.actorId : null,
  row.subjectType === 'user' ? row.subjectId : null,
]

const entry = (row: RecordedEvent, names: ReadonlyMap<string, string>) => {
  const { before, after, ...details } = row.payload
  return {
    seq: row.seq,
    id: row.id,
    action: row.type,
    outcome: row.outcome,
    actor: { type: row.actorType, id: row.actorId, name: names.get(row.actorId ?? '') ?? null },
    ...(row.impersonatorId === null ? {} : { impersonatorId: row.impersonatorId }),
    resource: {
      type: row.subjectType,
      id: row.subjectId,
      label: row.subjectType === 'user' ? (names.get(row.subjectId) ?? null) : row.subjectLabel,
    },
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    details,
    ip: row.ip,
    userAgent: row.userAgent,
    requestId: row.requestId,
    createdAt: row.createdAt.toISOString(),
  }
}

export type Entry = ReturnType<typeof entry>
