import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where drizzle-kit writes them. */
export const MIGRATIONS = join(import.meta.dir, '../../../drizzle')

/** One entry of drizzle-kit's journal. `when` is its key in the database. */
export interface Migration {
  tag: string
  when: number
}

/** What a database says it has: how many migrations, and the key of the last one. */
export interface Applied {
  count: number
  last: number
}

interface JournalFile {
  entries: Migration[]
}

/** The migrations of this version, in order. Throws if the folder is missing or out of order. */
export const readMigrations = (folder: string): Migration[] => {
  const file = join(folder, 'meta/_journal.json')
  if (!existsSync(file)) throw new Error(`There are no migrations: ${file} is missing`)
  const { entries }: JournalFile = JSON.parse(readFileSync(file, 'utf8'))
  for (const [index, { tag, when }] of entries.entries()) {
    const before = entries[index - 1]
    // Two branches that were merged: a database that has the later one would never get the earlier one.
    if (before && when <= before.when)
      throw new Error(`The migration ${tag} is older than ${before.tag}, which comes before it`)
  }
  return entries
}

/** The statements of a migration and their SHA-256, as drizzle's own migrator keeps it. */
export const readStatements = (folder: string, { tag }: Migration) => {
  const text = readFileSync(join(folder, `${tag}.sql`), 'utf8')
  const statements = text.split('--> statement-breakpoint').filter((statement) => statement.trim() !== '')
  return { statements, hash: createHash('sha256').update(text).digest('hex') }
}

/** What is to be applied. Throws if the database has migrations that this version does not know. */
export const pendingOf = (migrations: readonly Migration[], { count, last }: Applied): readonly Migration[] => {
  const known = count === 0 ? 0 : migrations[count - 1]?.when
  if (known !== (count === 0 ? 0 : last)) {
    throw new Error(
      `The database has ${count} migrations, this version knows ${migrations.length} and they differ: it was made by another version`,
    )
  }
  return migrations.slice(count)
}

export const TABLE = `CREATE TABLE IF NOT EXISTS __drizzle_migrations (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric)`
export const APPLIED = 'SELECT count(*) AS count, coalesce(max(created_at), 0) AS last FROM __drizzle_migrations'
export const RECORD = 'INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)'
