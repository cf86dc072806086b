import { Database as Sqlite, type Statement } from 'bun:sqlite'
import { dirname } from 'node:path'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { seconds } from '#core'
import { asideOf } from './aside'
import { databaseBusy, isBusy, translate } from './errors'
import { createMutex } from './mutex'
import type { Builder, Database, Reader } from './port'
import { remember, withRows } from './statements'
import { assertOpen, type Life, type Limits, type Opened, transactions } from './transaction'

/** How long a transaction waits for a lock that another process holds. */
const PATIENCE = seconds(5)
/** Longest pause between two tries for that lock, in milliseconds. */
const RETRY_PAUSE = 20
/** How long the start waits for another process that has the file to itself, in milliseconds. It blocks the thread. */
const OPENING = 10_000
/** Statements kept compiled per connection. */
const STATEMENTS = 500
const WAL_LIMIT = 64 * 1024 * 1024
const CACHE_KIB = 32_000
/** Pages that the log may have before the writer writes it back. */
const CHECKPOINT_AT = 1000
/** Pages (256 MB) that the log may have where Litestream writes it back: should Litestream be gone, it does not fill the disk. */
const LEFT_TO_LITESTREAM = 65_536

export interface FileOptions extends Limits {
  /** Milliseconds to wait for a lock that another process holds. */
  patience?: number
  /** Where a restored backup waits for its turn; beside the file unless told. */
  dataDir?: string
  /** Litestream runs beside us: it has to see the log before it is written back, so that is left to it. */
  litestream?: boolean
}

/**
 * Opens a database file with a connection that reads and one that writes.
 *
 * WAL with `synchronous=NORMAL`: a commit survives any crash of the process; a power loss may undo the last ones, never
 * tear one.
 */
export const openFile = (path: string, options: FileOptions = {}): Database => {
  const writer = connect(path, { readwrite: true, create: true })
  writer.sqlite.run('PRAGMA journal_mode = WAL')
  // From now on it waits without blocking the thread.
  writer.sqlite.run('PRAGMA busy_timeout = 0')
  const checkpointAt = (pages: number) => writer.sqlite.run(`PRAGMA wal_autocheckpoint = ${pages}`)
  if (options.litestream) checkpointAt(LEFT_TO_LITESTREAM)
  const reader = connect(path, { readonly: true })
  // Waiting in SQLite blocks the whole thread. Readers hardly ever wait in WAL, the writer asks again by itself.
  reader.sqlite.run('PRAGMA busy_timeout = 200')
  const mutex = createMutex()
  const patience = options.patience ?? PATIENCE
  const BEGIN = writer.prepare('BEGIN IMMEDIATE')
  const COMMIT = writer.prepare('COMMIT')
  const ROLLBACK = writer.prepare('ROLLBACK')
  const CHANGES = writer.prepare('SELECT total_changes()')
  const changes = () => Number(CHANGES.values()[0]?.[0])

  const lock = async (asked: number) => {
    for (let tries = 0; ; tries++) {
      try {
        BEGIN.run()
        return
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() - asked > patience) throw databaseBusy(error)
        await Bun.sleep(Math.random() * Math.min(RETRY_PAUSE, 2 ** tries))
      }
    }
  }

  const begin = async (life: Life): Promise<Opened> => {
    const asked = performance.now()
    await mutex.acquire()
    let before: number
    try {
      // Left over only if the disk failed while the last one was undone.
      if (writer.sqlite.inTransaction) ROLLBACK.run()
      await lock(asked)
      before = changes()
    } catch (error) {
      mutex.release()
      throw translate(error)
    }
    const alive = <T>(value: T) => {
      assertOpen(life)
      return value
    }
    return {
      db: over((sql) => alive(writer).prepare(sql)),
      statement: (build) => alive(writer).statement(build),
      changed: () => changes() - before,
      commit: () => void COMMIT.run(),
      rollback: () => {
        if (writer.sqlite.inTransaction) ROLLBACK.run()
      },
      release: mutex.release,
    }
  }

  // While a process aside reads, the log cannot be written back, and grows. That process does it when it has read: whoever
  // commits next would have to wait for all of it.
  let readers = 0
  const reading = async <T>(work: (released: () => void) => Promise<T>) => {
    let here = true
    const released = () => {
      if (here && --readers === 0 && !closed) checkpointAt(CHECKPOINT_AT)
      here = false
    }
    if (readers++ === 0) checkpointAt(0)
    try {
      return await work(released)
    } finally {
      released()
    }
  }
  let closed = false

  return {
    kind: 'file',
    aside: asideOf(path, options.dataDir ?? dirname(path), options.litestream ? undefined : reading),
    reader: Object.assign(reader.db, { statement: reader.statement }) satisfies Reader,
    transaction: transactions(begin, options),
    ping: async () => void reader.prepare('SELECT 1').get(),
    close: async () => {
      closed = true
      reader.close()
      writer.close()
    },
  }
}

type Prepare = (sql: string) => Statement

/**
 * Drizzle over a connection. It only ever prepares; every statement runs to its end at once. The one place where the
 * synchronous driver is taken for an asynchronous one: everybody awaits it.
 */
const over = (prepare: Prepare): Builder =>
  withRows(drizzle({ client: { prepare } as unknown as Sqlite }) as unknown as Builder)

const connect = (path: string, options: { readonly?: boolean; readwrite?: boolean; create?: boolean }) => {
  const sqlite = new Sqlite(path, options)
  for (const pragma of [
    // Another process may be opening it too, and after a crash goes through the whole log first.
    `busy_timeout = ${OPENING}`,
    'foreign_keys = ON',
    'synchronous = NORMAL',
    `journal_size_limit = ${WAL_LIMIT}`,
    `cache_size = -${CACHE_KIB}`,
    'temp_store = MEMORY',
  ]) {
    sqlite.run(`PRAGMA ${pragma}`)
  }
  const compiled = new Map<string, Statement>()
  const prepare: Prepare = (sql) => {
    const known = compiled.get(sql)
    if (known) return known
    const [oldest] = compiled.keys()
    if (oldest !== undefined && compiled.size >= STATEMENTS) compiled.delete(oldest)
    const statement = sqlite.prepare(sql)
    compiled.set(sql, statement)
    return statement
  }
  const close = () => {
    for (const each of compiled.values()) each.finalize()
    sqlite.close()
  }
  const db = over(prepare)
  return { sqlite, prepare, db, statement: remember(db), close }
}
