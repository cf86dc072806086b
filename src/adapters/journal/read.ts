import { and, asc, eq, gt, gte, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Context, Page, RecordedEvent } from '#core'
import { type PageRequest, paginate, type Reader } from '#db'
import { during } from './period'
import type { JournalFilter } from './port'
import { shown } from './record'
import { events } from './schema'

/** Rows read at a time by those who read on and on. */
const AT_ONCE = 500

/** One page of the rows that match, newest first unless asked otherwise. */
export const list = (ctx: Context, request: PageRequest, filter: JournalFilter): Promise<Page<RecordedEvent>> =>
  paginate(ctx, request, {
    from: events,
    where: matching(filter),
    sort: { createdAt: events.seq },
    id: events.seq,
    filter,
    view: shown,
  })

/** The rows that match and were there at the start, oldest first, in constant memory. */
export const scan = async function* (db: Reader, filter: JournalFilter): AsyncGenerator<RecordedEvent[]> {
  const where = matching(filter)
  const [newest] = await db.select({ seq: sql<number | null>`max(${events.seq})` }).from(events)
  const end = newest?.seq ?? 0
  for (let last = 0; last < end; ) {
    const rows = await db
      .select()
      .from(events)
      .where(and(gt(events.seq, last), lte(events.seq, end), where))
      .orderBy(asc(events.seq))
      .limit(AT_ONCE)
    if (rows.length > 0) yield rows.map(shown)
    last = rows.length < AT_ONCE ? end : (rows.at(-1)?.seq ?? end)
  }
}

const matching = (filter: JournalFilter): SQL | undefined => {
  const { type, actorId, userId, resource, ip, requestId, outcome } = filter
  return and(
    type === undefined ? undefined : isOfType(type),
    actorId === undefined ? undefined : or(eq(events.actorId, actorId), eq(events.impersonatorId, actorId)),
    userId === undefined ? undefined : eq(events.userId, userId),
    resource === undefined ? undefined : eq(events.subjectType, resource.type),
    resource?.id === undefined ? undefined : eq(events.subjectId, resource.id),
    ip === undefined ? undefined : eq(events.ip, ip),
    requestId === undefined ? undefined : eq(events.requestId, requestId),
    outcome === undefined ? undefined : eq(events.outcome, outcome),
    during(filter),
  )
}

/** Events of one type, or with `user.*` of all whose name begins so. */
export const isOfType = (pattern: string): SQL | undefined => {
  if (!pattern.endsWith('.*')) return eq(events.type, pattern)
  const prefix = pattern.slice(0, -1)
  return and(gte(events.type, prefix), lt(events.type, `${prefix.slice(0, -1)}/`))
}
