import { and, asc, eq, gt, gte, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import { type Context, days, later, type Page, type RecordedEvent } from '#core'
import { type PageRequest, paginate, type Reader } from '#db'
import type { JournalFilter } from './port'
import { shown } from './record'
import { events } from './schema'

/** Rows read at a time by those who read on and on. */
const AT_ONCE = 500
/** Rows are in the order of their making; how far a clock may have been off when one was made. */
const SKEW = days(1)

/** One page of the rows that match, newest first unless asked otherwise. */
export const list = async (ctx: Context, request: PageRequest, filter: JournalFilter): Promise<Page<RecordedEvent>> =>
  paginate(ctx, request, {
    from: events,
    where: await matching(ctx.db, filter),
    sort: { createdAt: events.seq },
    id: events.seq,
    filter,
    view: shown,
  })

/** The rows that match and were there at the start, oldest first, in constant memory. */
export const scan = async function* (db: Reader, filter: JournalFilter): AsyncGenerator<RecordedEvent[]> {
  const where = await matching(db, filter)
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

const matching = async (db: Reader, filter: JournalFilter): Promise<SQL | undefined> => {
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
    await between(db, filter),
  )
}

/** Events of one type, or with `user.*` of all whose name begins so. */
export const isOfType = (pattern: string): SQL | undefined => {
  if (!pattern.endsWith('.*')) return eq(events.type, pattern)
  const prefix = pattern.slice(0, -1)
  return and(gte(events.type, prefix), lt(events.type, `${prefix.slice(0, -1)}/`))
}

/** The times themselves, and the part of the journal where such rows can be: there is no index on time. */
const between = async (db: Reader, { after, before }: JournalFilter): Promise<SQL | undefined> => {
  const first = after && (await rowAt(db, later(after, -SKEW)))
  const end = before && (await rowAt(db, later(before, SKEW)))
  return and(
    after && gte(events.createdAt, after),
    first === undefined ? undefined : gte(events.seq, first),
    before && lt(events.createdAt, before),
    end === undefined ? undefined : lt(events.seq, end),
  )
}

/** The first row that was made at this time or later, found by halving: some twenty rows are read, however many there are. */
const rowAt = async (db: Reader, date: Date): Promise<number | undefined> => {
  const middle = sql.raw('(low + high) / 2')
  const older = sql`(select created_at from events where seq = ${middle}) < ${date.getTime()}`
  const found = await db.get<{ seq: number | null } | undefined>(sql`
    with recursive span(low, high) as (
      select min(seq), max(seq) + 1 from events
      union all
      select case when ${older} then ${middle} + 1 else low end, case when ${older} then high else ${middle} end
      from span where low < high
    )
    select low as seq from span where low >= high`)
  return found?.seq ?? undefined
}
