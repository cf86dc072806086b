import { Database as Sqlite } from 'bun:sqlite'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type App, minutes } from '#core'
import {
  APPLIED,
  type Applied,
  MIGRATIONS,
  pendingOf,
  RECORD,
  readMigrations,
  readStatements,
  TABLE,
} from './migrations'

/** `Keel` in ASCII, in the header of the file: tells our databases from others. */
export const APPLICATION_ID = 0x4b65656c
/** Copies made before a migration; older ones are removed. */
const KEPT_COPIES = 5
const COPY_PREFIX = 'before-migration-'
/** How long to wait while another process migrates. */
const PATIENCE = minutes(2)

export interface MigrateOptions {
  clock?: App['clock']
  log?: Pick<App['log'], 'info'>
  folder?: string
  /** Where copies of the database go before it is changed. None are made without it. */
  backups?: string
}

/**
 * Brings a database file up to this version, all migrations or none; creates it if it is not there.
 * Returns how many were applied. Throws if it is not ours, was made by another version, or rows would lose their parent.
 */
export const migrateFile = (path: string, options: MigrateOptions = {}): number => {
  const folder = options.folder ?? MIGRATIONS
  const migrations = readMigrations(folder)
  const db = new Sqlite(path, { readwrite: true, create: true })
  try {
    // Nothing is served yet, so this thread may sit and wait.
    db.run(`PRAGMA busy_timeout = ${PATIENCE}`)
    assertOurs(db, path)
    if (pendingOf(migrations, applied(db)).length === 0) return 0
    db.run('PRAGMA journal_mode = WAL')
    // Rebuilding a table drops the old one: with foreign keys on, its children would go with it.
    db.run('PRAGMA foreign_keys = OFF')
    // The lock that every writer takes. A crash gives it back, and undoes what was half done.
    db.run('BEGIN IMMEDIATE')
    try {
      const before = applied(db)
      const pending = pendingOf(migrations, before)
      if (pending.length > 0 && before.count > 0) copy(path, before.count, options)
      db.run(`PRAGMA application_id = ${APPLICATION_ID}`)
      db.run(TABLE)
      for (const migration of pending) {
        const { statements, hash } = readStatements(folder, migration)
        for (const statement of statements) db.run(statement)
        db.run(RECORD, [hash, migration.when])
        options.log?.info({ migration: migration.tag }, 'Migrated')
      }
      assertWhole(db)
      assertAll(applied(db).count, migrations.length)
      db.run('COMMIT')
      return pending.length
    } catch (error) {
      if (db.inTransaction) db.run('ROLLBACK')
      throw error
    }
  } finally {
    db.close()
  }
}

const applied = (db: Sqlite): Applied => {
  if (!db.query("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get()) return { count: 0, last: 0 }
  return db.query<Applied, []>(APPLIED).get() ?? { count: 0, last: 0 }
}

const assertOurs = (db: Sqlite, path: string) => {
  const id = db.query<{ application_id: number }, []>('PRAGMA application_id').get()?.application_id
  if (id !== APPLICATION_ID && db.query('SELECT 1 FROM sqlite_schema').get())
    throw new Error(`${path} is not a database of this application`)
}

const assertWhole = (db: Sqlite) => {
  const orphans = db.query<{ table: string }, []>('PRAGMA foreign_key_check').all()
  if (orphans.length > 0) {
    throw new Error(
      `The migration would leave ${orphans.length} rows of ${orphans[0]?.table} without their parent: nothing was changed`,
    )
  }
}

/** Drizzle's own migrator skips what is out of order without a word; ours would rather not start. */
const assertAll = (count: number, expected: number) => {
  if (count !== expected)
    throw new Error(`${count} migrations are applied where ${expected} are expected: nothing was changed`)
}

/** A whole copy under its final name only once it is complete. Reads beside the open transaction. */
const copy = (path: string, count: number, { backups, clock, log }: MigrateOptions) => {
  if (!backups || !clock) return
  mkdirSync(backups, { recursive: true })
  const name = `${COPY_PREFIX}${clock.now().toISOString().replace(/[-:.]/g, '')}-${count}.db`
  const unfinished = join(backups, `.${name}.part`)
  rmSync(unfinished, { force: true })
  const reader = new Sqlite(path, { readonly: true })
  try {
    reader.run('VACUUM INTO ?', [unfinished])
  } finally {
    reader.close()
  }
  renameSync(unfinished, join(backups, name))
  log?.info({ copy: name }, 'Copied the database before migrating it')
  const copies = readdirSync(backups)
    .filter((file) => file.startsWith(COPY_PREFIX))
    .sort()
  for (const old of copies.slice(0, -KEPT_COPIES)) rmSync(join(backups, old))
}
