import type { Static, TObject } from '@sinclair/typebox'
import type { Context } from '../../core/app'
import type { EventType, RecordedEvent } from '../../core/event'
import type { Tx } from '../database/port'

export interface Journal {
  /**
   * Writes one row and one job per subscriber in the caller's transaction: they happen together or not at all.
   * After the commit the event is also published on the bus as `journal`.
   */
  record<S extends TObject>(tx: Tx, ctx: Context, event: EventType<S>, payload: Static<S>): Promise<RecordedEvent>
  /** One row by id. Nothing if it was retired. */
  find(eventId: string): Promise<RecordedEvent | undefined>
  /** Recomputes the chain. Names the first row whose hash or link does not hold. */
  verify(): Promise<{ ok: boolean; checked: number; firstBroken?: { seq: number; id: string } }>
  /** Blanks what rows hold about a person (payload, label, ip, user agent); the chain stays verifiable. */
  erase(tx: Tx, userId: string): Promise<void>
}
