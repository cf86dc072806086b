import { Database as Sqlite } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { connectRemote } from '../../src/adapters/database/libsql'
import { APPLICATION_ID } from '../../src/adapters/database/migrate-file'
import { APPLIED, type Applied, MIGRATIONS, pendingOf, readMigrations } from '../../src/adapters/database/migrations'
import { pathOf } from '../../src/adapters/database/open'
import { about, type Check, type Finding, reasonOf } from './finding'

const ANSWER_LIMIT = 3000
const { error, warning } = about('database')

/** The database opens, is ours, is sound, and fits this version. Reads only. */
export const database: Check = async ({ config }) => {
  const { databaseUrl, databaseAuthToken } = config
  try {
    return databaseUrl.startsWith('file:')
      ? lookAtFile(pathOf(databaseUrl))
      : await lookAtServer(databaseUrl, databaseAuthToken)
  } catch (problem) {
    const cure = databaseUrl.startsWith('file:')
      ? 'Stop the server and restore a backup: docs/operations.md.'
      : 'Check DATABASE_URL and DATABASE_AUTH_TOKEN, and that the server runs.'
    return [error(`It cannot be read: ${reasonOf(problem)}`, cure)]
  }
}

const lookAtFile = (path: string): Finding[] => {
  if (!existsSync(path)) return [warning(`There is none at ${path}`, 'Right before the first start, which makes it.')]
  const db = new Sqlite(path, { readonly: true })
  try {
    const id = db.query<{ application_id: number }, []>('PRAGMA application_id').get()?.application_id
    if (id !== APPLICATION_ID)
      return [error(`${path} belongs to another application`, 'Point DATABASE_URL or DATA_DIR to the right place.')]
    const [first] = db.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').all()
    if (first?.quick_check !== 'ok')
      return [
        error(`It is damaged: ${first?.quick_check}`, 'Stop the server and restore a backup: docs/operations.md.'),
      ]
    return fits(db.query<Applied, []>(APPLIED).get() ?? { count: 0, last: 0 })
  } finally {
    db.close()
  }
}

const lookAtServer = async (url: string, token: string | undefined): Promise<Finding[]> => {
  const client = connectRemote(url, token, ANSWER_LIMIT)
  try {
    const known = await client.execute("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'")
    if (known.rows.length === 0) return fits({ count: 0, last: 0 })
    const [row] = (await client.execute(APPLIED)).rows
    return fits({ count: Number(row?.count ?? 0), last: Number(row?.last ?? 0) })
  } finally {
    client.close()
  }
}

const fits = (applied: Applied): Finding[] => {
  try {
    const pending = pendingOf(readMigrations(MIGRATIONS), applied)
    if (pending.length === 0) return []
    return [warning(`${pending.length} migrations are to be applied`, 'The next start does it, after making a copy.')]
  } catch (problem) {
    return [error(reasonOf(problem), 'Start the version that made it, or restore a backup of this version.')]
  }
}
