import { Database } from 'bun:sqlite'
import { expect, onTestFinished, test } from 'bun:test'
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { migrateFile } from '../../src/adapters/database/migrate-file'
import { startServer } from '../support/server'
import { tempFolder } from '../support/temp'

const MIGRATIONS = join(import.meta.dir, '../../drizzle')
const PASSWORD = 'plum-anchor-violet-42'
/** Tables, the journal's triggers, the search index: what the first version begins with. */
const BEGINNING = 3

const { entries } = await Bun.file(join(MIGRATIONS, 'meta/_journal.json')).json()
const from = [...new Set([BEGINNING, Math.max(BEGINNING, entries.length - 1)])]

/** The database of a version that had only the first migrations, with somebody in it. */
const olderDatabase = async (dataDir: string, migrations: number) => {
  const folder = join(dataDir, 'drizzle')
  cpSync(MIGRATIONS, folder, { recursive: true })
  const journal = { version: '7', dialect: 'sqlite', entries: entries.slice(0, migrations) }
  await Bun.write(join(folder, 'meta/_journal.json'), JSON.stringify(journal))
  const path = join(dataDir, 'data/keel.db')
  mkdirSync(join(dataDir, 'data'))
  expect(migrateFile(path, { folder })).toBe(migrations)
  const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 1024, timeCost: 2 })
  const db = new Database(path)
  const id = '01890000-0000-7000-8000-000000000001'
  const at = Date.UTC(2026, 0, 1)
  db.run(
    'INSERT INTO roles (name, description, permissions, builtin, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?)',
    ['user', 'Everybody', '[]', at, at],
  )
  db.run(
    'INSERT INTO users (id, email, name, role, email_verified_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    [id, 'ada@example.com', 'Ada of before', 'user', at, at, at],
  )
  db.run('INSERT INTO passwords (user_id, hash, changed_at) VALUES (?, ?, ?)', [id, hash, at])
  db.close()
  return { dataDir: join(dataDir, 'data'), id }
}

test.each(from)(
  'a database with %p migrations is brought up to this version, and keeps its people',
  async (migrations) => {
    const folder = tempFolder()
    onTestFinished(folder.remove)
    const { dataDir, id } = await olderDatabase(folder.path, migrations)
    const { url, kill } = await startServer({ DATA_DIR: dataDir, LOG_LEVEL: 'error' })
    const login = await fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password: PASSWORD }),
    })
    expect(login.status).toBe(200)
    expect((await login.json()).user).toMatchObject({ id, name: 'Ada of before', emailVerified: true })
    expect(await kill('SIGTERM')).toBe(0)

    const kept = join(dataDir, 'backups')
    const copies = existsSync(kept) ? readdirSync(kept).filter((name) => name.startsWith('before-migration-')) : []
    expect(copies.length > 0).toBe(migrations < entries.length)
  },
)
