import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'

/** Drizzle on either driver. `bun:sqlite` answers at once, libSQL after a round trip; both are awaited. */
export type Drizzle = BaseSQLiteDatabase<'async', unknown, Record<string, never>>

/** What a hot statement is built with. */
export type Builder = Omit<Drizzle, 'transaction'>

/** Reads only: the connection behind it cannot write either. */
export type Reader = Pick<
  Drizzle,
  'select' | 'selectDistinct' | 'with' | '$count' | 'all' | 'get' | 'values' | '$with'
> &
  Statements

/** A running transaction. Do nothing in it but its own queries. */
export type Tx = Builder & Statements & TxHooks

interface Statements {
  /** What `build` returned for this connection; calls it once, the first time. */
  readonly statement: <S>(build: (db: Builder) => S) => S
}

interface TxHooks {
  /** Runs after the commit, never after a rollback. For what others may see at once: broadcasts, wake-ups. */
  readonly afterCommit: (run: () => void) => void
  /** Says that this transaction left a row in the journal. */
  readonly markRecorded: () => void
}

export interface TransactionOptions {
  /** Bookkeeping (counters, leases, last-seen times) changes nothing that people care about and needs no event. */
  bookkeeping?: boolean
  /** Runs as the last query of a transaction that changed something; if it throws, nothing has changed. */
  beforeCommit?: (tx: Tx) => Promise<void>
}

export interface Database {
  readonly kind: 'file' | 'remote'
  readonly reader: Reader
  /**
   * Runs `work` alone: `BEGIN IMMEDIATE`, first come first served, commit when it resolves, roll back when it throws.
   * Throws a Failure `database_busy` (unavailable) if another process holds the lock for 5 s, and an Error if the work
   * stays open for 5 s, wrote rows without recording an event, or starts a transaction inside this one.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Throws if a read does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}
