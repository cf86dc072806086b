import { Database as Sqlite } from 'bun:sqlite'
import { APPLICATION_ID } from './migrate-file'
import { APPLIED, type Applied, MIGRATIONS, pendingOf, readMigrations } from './migrations'

/** Why a file is not one of our databases in good order: one sentence. */
export class Unsound extends Error {}

export interface Inspected {
  /** Migrations it has. */
  migrations: number
  /** Rows by table. */
  rows: Record<string, number>
}

/** Looks at a database file as a whole. Throws Unsound if it is damaged, not ours, or newer than this version. */
export const inspect = (path: string): Inspected => {
  try {
    const db = new Sqlite(path, { readonly: true })
    try {
      return look(db)
    } finally {
      db.close()
    }
  } catch (error) {
    if (error instanceof Unsound) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (/^SQLITE_(NOTADB|CORRUPT|CANTOPEN)/.test(code)) throw new Unsound('What is in it is not a sound database.')
    throw error
  }
}

const look = (db: Sqlite): Inspected => {
  const id = db.query<{ application_id: number }, []>('PRAGMA application_id').get()?.application_id
  if (id !== APPLICATION_ID) throw new Unsound('It was made by another application.')
  const applied = db.query<Applied, []>(APPLIED).get() ?? { count: 0, last: 0 }
  try {
    pendingOf(readMigrations(MIGRATIONS), applied)
  } catch {
    throw new Unsound('It was made by a newer or another version: restore it with that version.')
  }
  const [sound] = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check(1)').all()
  if (sound?.integrity_check !== 'ok') throw new Unsound('The database in it is damaged.')
  const [orphan] = db.query('PRAGMA foreign_key_check').all()
  if (orphan) throw new Unsound('The database in it has rows without their parent.')
  return { migrations: applied.count, rows: rowsOf(db) }
}

const rowsOf = (db: Sqlite) => {
  const tables = db
    .query<{ name: string }, []>(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name",
    )
    .all()
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('sqlite_'))
  const count = (name: string) =>
    db.query<{ n: number }, []>(`SELECT count(*) AS n FROM "${name.replaceAll('"', '""')}"`).get()?.n ?? 0
  return Object.fromEntries(tables.map((name) => [name, count(name)]))
}
