import type { Static, TObject } from '@sinclair/typebox'
import type { Context } from '../../core/app'
import type { EventType, RecordedEvent } from '../../core/event'
import type { Tx } from '../database/port'

/** What a check of the chain found. */
export interface Verdict {
  ok: boolean
  /** Rows that hold, up to the first that does not. */
  checked: number
  /** The first row whose hash or link does not hold; without an id if the newest rows are gone. */
  firstBroken?: { seq: number; id: string | null }
}

export interface Journal {
  /**
   * Writes one row and one job per subscriber in the caller's transaction: they happen together or not at all.
   * After the commit the event is also published on the bus as `journal`.
   */
  record<S extends TObject>(tx: Tx, ctx: Context, event: EventType<S>, payload: Static<S>): Promise<RecordedEvent>
  /** One row by id. Nothing if it was retired. */
  find(eventId: string): Promise<RecordedEvent | undefined>
  /** Recomputes the chain, page by page. */
  verify(): Promise<Verdict>
  /** Blanks what rows hold about a person (payload, label, ip, user agent); the chain stays verifiable. */
  erase(tx: Tx, userId: string): Promise<void>
  /**
   * Removes the oldest rows made before `before`, at most 1,000 a call; the chain stays verifiable from there on.
   * Returns how many: call it again, in a new transaction, until that is 0. Record an event beside it.
   */
  retire(tx: Tx, ctx: Context, before: Date): Promise<number>
}
