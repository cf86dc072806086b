import { and, asc, eq, gt, lte, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Context, Page, RecordedEvent } from '#core'
import { type PageRequest, paginate, type Reader } from '#db'
import { during } from './period'
import type { JournalFilter } from './port'
import { shown } from './record'
import { events } from './schema'

/** Rows read at a time by those who read on and on. */
const AT_ONCE = 500
/** So many matches are found in an index and sorted; of more, the newest are met soon by walking through the rows. */
const FEW = 5_000

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

/** How a column is named in a condition. SQLite takes no index for `+column`: it keeps to the order of the rows. */
type Naming = (column: SQLWrapper) => SQL
const plain: Naming = (column) => sql`${column}`
const hidden: Naming = (column) => sql`+${column}`

type Condition = (column: Naming) => SQL

/** Leaves the planner one index: the one that reads the fewest rows. It keeps no statistics of its own. */
const matching = async (db: Reader, filter: JournalFilter): Promise<SQL | undefined> => {
  const few = selective(filter)
  const broad = broadOf(filter)
  const type = filter.type === undefined || isGroup(filter.type) ? undefined : eq(events.type, filter.type)
  const rare = few ? undefined : await firstRare(db, broad)
  return and(
    few,
    ...broad.map((condition) => condition(condition === rare ? plain : hidden)),
    filter.type !== undefined && type && (few || rare) ? isOfType(filter.type) : type,
    outcomeIs(filter.outcome),
    during(filter),
  )
}

/** What few rows meet, and an index answers in the order of rows. */
const selective = ({ userId, resource, ip, requestId }: JournalFilter): SQL | undefined =>
  and(
    userId === undefined ? undefined : eq(events.userId, userId),
    resource?.id === undefined ? undefined : eq(events.subjectType, resource.type),
    resource?.id === undefined ? undefined : eq(events.subjectId, resource.id),
    ip === undefined ? undefined : eq(events.ip, ip),
    requestId === undefined ? undefined : eq(events.requestId, requestId),
  )

/** What many rows may meet, and an index answers in an order of its own. */
const broadOf = ({ actorId, type, resource }: JournalFilter): Condition[] => {
  const conditions: Condition[] = []
  if (actorId !== undefined)
    conditions.push((as) => sql`(${as(events.actorId)} = ${actorId} or ${as(events.impersonatorId)} = ${actorId})`)
  if (type !== undefined && isGroup(type)) conditions.push((as) => inGroup(type, as))
  if (resource !== undefined && resource.id === undefined)
    conditions.push((as) => sql`${as(events.subjectType)} = ${resource.type}`)
  return conditions
}

const firstRare = async (db: Reader, broad: readonly Condition[]): Promise<Condition | undefined> => {
  for (const condition of broad) {
    const some = db
      .select({ one: sql`1`.as('one') })
      .from(events)
      .where(condition(plain))
      .limit(FEW)
      .as('some')
    const [found] = await db.select({ count: sql<number>`count(*)` }).from(some)
    if ((found?.count ?? 0) < FEW) return condition
  }
  return undefined
}

// Spelled out, not bound: SQLite uses the index of failures only when it sees its condition.
const outcomeIs = (outcome: JournalFilter['outcome']): SQL | undefined =>
  outcome && (outcome === 'failure' ? sql`outcome = 'failure'` : sql`outcome = 'success'`)

const isGroup = (type: string) => type.endsWith('.*')

const inGroup = (pattern: string, as: Naming): SQL => {
  const prefix = pattern.slice(0, -1)
  // `/` follows `.`
  return sql`(${as(events.type)} >= ${prefix} and ${as(events.type)} < ${`${prefix.slice(0, -1)}/`})`
}

/** Events of one type, or with `user.*` of all whose name begins so, among rows that are chosen by other means. */
export const isOfType = (pattern: string): SQL =>
  isGroup(pattern) ? inGroup(pattern, hidden) : sql`${hidden(events.type)} = ${pattern}`
