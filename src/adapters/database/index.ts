import type { Static, TObject } from '@sinclair/typebox'
import { type Context, type EnqueueOptions, type EventType, type JobType, type RecordedEvent, traced } from '#core'
import type { Builder, Reader, Tx } from './port'

export { changed } from './changed'
export { alive, json, softDelete, timestamp } from './columns'
export { isUnique } from './errors'
export { type PageRequest, paginate } from './paginate'
export type { Builder, Database, PackedBackup, Reader, Tx } from './port'
export { rowWriter } from './row-formats'
export { moreAfter, someOf } from './some'

/**
 * Changes rows: all of them, or none if `work` throws. It has to record an event, and awaits nothing but its own queries.
 * Throws a Failure when the database is busy (`database_busy`) or the disk is full (`storage_full`).
 */
export const transaction = <T>(
  ctx: Pick<Context, 'database' | 'beforeCommit'> & Partial<Pick<Context, 'traces' | 'traceparent'>>,
  work: (tx: Tx) => Promise<T>,
): Promise<T> =>
  traced(ctx, 'transaction', { kind: 'internal' }, () =>
    ctx.database.transaction(work, ctx.beforeCommit && { beforeCommit: ctx.beforeCommit }),
  )

/** A transaction on counters, leases and last-seen times: nothing that people care about, so no event. */
export const bookkeeping = <T>(ctx: Pick<Context, 'database'>, work: (tx: Tx) => Promise<T>): Promise<T> =>
  ctx.database.transaction(work, { bookkeeping: true })

export const journal = {
  /** Writes the event in the caller's transaction, with one job per subscriber. */
  record: <S extends TObject>(tx: Tx, ctx: Context, event: EventType<S>, payload: Static<S>): Promise<RecordedEvent> =>
    ctx.journal.record(tx, ctx, event, payload),
}

/** Adds a job in the caller's transaction. Returns its id, or nothing if the dedupe key is taken. */
export const enqueue = <P>(
  tx: Tx,
  ctx: Context,
  job: JobType<P>,
  payload: P,
  options?: EnqueueOptions,
): Promise<string | undefined> => ctx.queue.enqueue(tx, ctx, job, payload, options)

/**
 * A hot statement, built once per connection: `const byId = prepared((db) => db.select()….prepare())`, then
 * `await byId(ctx.db).get({ id })`, or `byId(tx)` inside a transaction.
 */
export const prepared =
  <S>(build: (db: Builder) => S) =>
  (db: Pick<Reader, 'statement'>): S =>
    db.statement(build)
