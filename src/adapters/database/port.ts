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
  /** Heavy work on a database file, in processes of its own. A server has its own tools. */
  readonly aside?: Aside
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

/** What is in a backup, written into it and beside it. */
export interface Manifest {
  format: 1
  /** Of the application that made it. */
  version: string
  databaseBytes: number
  files: { count: number; bytes: number }
  migrations: number
  /** Rows by table. */
  rows: Record<string, number>
}

export interface PackedBackup {
  size: number
  /** In hex, of the file as it lies there. */
  sha256: string
  encrypted: boolean
  manifest: Manifest
}

export interface Unpacked {
  manifest: Manifest
  sha256: string
  encrypted: boolean
  /** Where the database lies, if it was to be kept. */
  database: string
}

export interface WrittenRows {
  rows: number
  size: number
  sha256: string
}

interface AsideOptions {
  /** Ends the process that works. */
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

/** A backup that is to take the place of the database. */
export interface SwitchOrder {
  /** Nothing for a file that somebody brought. */
  backupId: string | null
  /** Tables whose rows are carried over from the database that is replaced. */
  carry: readonly string[]
}

export interface SwitchOutcome extends SwitchOrder {
  ok: boolean
  /** Why it was not done, or was taken back. */
  problem?: string
  /** Where the database is now that was replaced. */
  safetyCopy?: string
}

/** Heavy work beside the serving thread. Throws Failures `backup_invalid` and `storage_full`. */
export interface Aside {
  /** Packs the database, and the files under a folder, into one file that is whole once it has its name. The first key encrypts. */
  pack(
    task: { files: string | null; to: string; version: string; keys: readonly string[] },
    options?: AsideOptions,
  ): Promise<PackedBackup>
  /** Checks a backup from end to end; `keep` leaves what is in it in the folder. */
  unpack(
    task: { from: string; into: string; sha256: string | null; keys: readonly string[]; keep: boolean },
    options?: AsideOptions,
  ): Promise<Unpacked>
  /** Where a backup has to be unpacked to be restored. */
  readonly staging: string
  /** Orders that what lies there takes the place of the database the next time it is opened. Until then nothing changes. */
  order(order: SwitchOrder): void
  /** What the last switch led to, until it is settled. */
  outcome(): SwitchOutcome | undefined
  settle(): void
  /** Writes the rows of a query into a file, from one snapshot, in constant memory. */
  writeRows(
    task: { sql: string; params: unknown[]; format: 'csv' | 'json' | 'ndjson'; to: string },
    options?: AsideOptions,
  ): Promise<WrittenRows>
}
