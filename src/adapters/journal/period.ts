import { and, gte, lt, type SQL, sql } from 'drizzle-orm'
import { later, minutes } from '#core'
import { events } from './schema'

/** How far a row may stand from its place by time: an operation's time is that of its start, and clocks are corrected. */
const SLACK = minutes(10)

export interface Period {
  /** From this moment on. */
  after?: Date | undefined
  /** Up to this moment, without it. */
  before?: Date | undefined
}

/**
 * The condition that a row was made in a period. Rows lie in the order of time and number themselves without a gap, so
 * the place is found by halving, in one statement: 20 steps for a million rows, and no index that every write pays for.
 */
export const during = ({ after, before }: Period): SQL | undefined =>
  and(
    after && gte(events.seq, firstAt(later(after, -SLACK))),
    after && gte(events.createdAt, after),
    before && lt(events.seq, firstAt(later(before, SLACK))),
    before && lt(events.createdAt, before),
  )

/** The number of the first row that is not older than `date`; one more than the last if all are. */
const firstAt = (date: Date) => {
  const older = sql`(select created_at from events where seq = (low + high) / 2) < ${date.getTime()}`
  return sql`(with recursive halves(low, high) as (
    select coalesce((select min(seq) from events), 1), coalesce((select max(seq) from events), 0) + 1
    union all
    select iif(${older}, (low + high) / 2 + 1, low), iif(${older}, high, (low + high) / 2) from halves where low < high
  ) select low from halves where low >= high)`
}
