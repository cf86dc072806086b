import type { Static, TObject } from '@sinclair/typebox'
import type { SQL } from 'drizzle-orm'
import type { Context } from '../../core/app'
import type { EventType, RecordedEvent } from '../../core/event'
import type { Page } from '../../core/page'
import type { PageRequest } from '../database/paginate'
import type { Tx } from '../database/port'
import type { Period } from './period'
import type { events, Row } from './schema'

/** What a check of the chain found. */
export interface Verdict {
  ok: boolean
  /** Rows that hold, up to the first that does not. */
  checked: number
  /** The first row whose hash or link does not hold; without an id if the newest rows are gone. */
  firstBroken?: { seq: number; id: string | null }
  /** The time was up: go on after this row. */
  next?: number
}

export interface VerifyOptions {
  /** Goes on behind this row, which held; otherwise begins at the beginning. */
  after?: number
  /** Milliseconds after which it stops and says how far it came. */
  within?: number
}

/** Which rows: those that meet all of it. */
export interface JournalFilter {
  /** An event's name, or `user.*` for all that begin so. */
  type?: string
  /** Who acted, in their own name or in somebody else's. */
  actorId?: string
  /** Whose history it belongs to. */
  userId?: string
  resource?: { type: string; id?: string }
  ip?: string
  requestId?: string
  outcome?: 'success' | 'failure'
  /** At this time or later. */
  after?: Date
  /** Earlier than this. */
  before?: Date
}

/** What `thin` takes. */
/** How far an erasure has come. */
export interface ErasurePlace {
  /** Rows up to here are left alone: they were done before. */
  since: number
  way: number
  after: number
}

export interface Thinning {
  /** Event names, or `file.*` for all that begin so. */
  types: readonly string[]
  /** Only rows behind this one. */
  after: number
  before: Date
}

export interface Journal {
  /**
   * Writes one row and one job per subscriber in the caller's transaction: they happen together or not at all.
   * After the commit the event is also published on the bus as `journal`.
   */
  record<S extends TObject>(tx: Tx, ctx: Context, event: EventType<S>, payload: Static<S>): Promise<RecordedEvent>
  /** One row by id. Nothing if it was retired. */
  find(eventId: string): Promise<RecordedEvent | undefined>
  /**
   * The table, to be read only: audit log and activity feed are queries on it. Sort by `seq`, which is the order of time.
   * Conditions that an index answers: type, userId, actorId, impersonatorId, subjectType with subjectId, requestId, ip.
   */
  readonly events: typeof events
  /** The condition that a row was made in a period. Cheap at any size. */
  during(period: Period): SQL | undefined
  /** A row of the table as readers see it. */
  view(row: Row): RecordedEvent
  /** One page of the rows that match, newest first. Costs the same at any depth. */
  list(ctx: Context, request: PageRequest, filter: JournalFilter): Promise<Page<RecordedEvent>>
  /** All rows that match and are there now, oldest first, some at a time, in constant memory. */
  scan(filter: JournalFilter): AsyncGenerator<RecordedEvent[]>
  /** Recomputes the chain, page by page. */
  verify(options?: VerifyOptions): Promise<Verdict>
  /**
   * Blanks what rows hold about a person (payload, label, ip, user agent), some rows a call; the chain stays verifiable.
   * Starts at `beginning` and returns where the next call goes on, nothing once all are done.
   */
  erase(tx: Tx, userId: string, at: ErasurePlace): Promise<ErasurePlace | undefined>
  /**
   * Removes the oldest rows made before `before`, at most 1,000 a call; the chain stays verifiable from there on.
   * Returns how many: call it again, in a new transaction, until that is 0. Record an event beside it.
   */
  retire(tx: Tx, ctx: Context, before: Date): Promise<number>
  /**
   * Blanks content and origin of rows of some types made before `before`; the chain stays verifiable. Looks at 1,000 rows
   * a call. Returns how many it blanked and how far it looked; `upTo` is `after` when there is nothing left to look at.
   */
  thin(tx: Tx, thinning: Thinning): Promise<{ thinned: number; upTo: number }>
}
