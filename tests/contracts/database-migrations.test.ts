import { Database as Sqlite } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectRemote } from '#adapters/database/libsql'
import { migrateFile } from '#adapters/database/migrate-file'
import { migrateRemote } from '#adapters/database/migrate-remote'
import { MIGRATIONS, readMigrations } from '#adapters/database/migrations'
import { startLibsqlServer } from '../support/hrana'
import { startMigrating } from '../support/migrating'
import { tempFolder } from '../support/temp'

type Row = Record<string, unknown>

/** A folder of migrations as drizzle-kit writes them. A number instead of SQL is the `when` of the one that follows. */
const writeMigrations = (folder: string, migrations: { sql: string; when?: number }[]) => {
  mkdirSync(join(folder, 'meta'), { recursive: true })
  const entries = migrations.map(({ sql, when }, idx) => {
    const tag = `000${idx}_step`
    writeFileSync(join(folder, `${tag}.sql`), sql)
    return { idx, version: '6', when: when ?? 1000 + idx, tag, breakpoints: true }
  })
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ version: '7', dialect: 'sqlite', entries }))
}

const BREAK = '--> statement-breakpoint\n'
const FAMILIES = {
  sql: `CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);\n${BREAK}CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents(id) ON DELETE CASCADE);\n${BREAK}INSERT INTO parents VALUES (1, 'Ada');\n${BREAK}INSERT INTO children VALUES (1, 1), (2, 1);`,
}
/** What drizzle-kit generates to change a column of a table that others refer to. */
const REBUILD = {
  sql: `PRAGMA foreign_keys=OFF;${BREAK}CREATE TABLE __new_parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n${BREAK}INSERT INTO __new_parents SELECT id, name FROM parents;${BREAK}DROP TABLE parents;${BREAK}ALTER TABLE __new_parents RENAME TO parents;${BREAK}PRAGMA foreign_keys=ON;`,
}
const ORPHANS = { sql: `ALTER TABLE parents ADD COLUMN born INTEGER;\n${BREAK}DELETE FROM parents;` }
const MORE_ROWS = { sql: `INSERT INTO parents (name) VALUES ('Grace');` }
const WRONG = { sql: `CREATE TABLE more (id INTEGER);\n${BREAK}CREATE TABLE parents (id INTEGER);` }

interface Place {
  /** Brings the database up to the migrations in `folder`. */
  migrate(folder: string): Promise<number>
  query(sql: string): Promise<Row[]>
  remove(): Promise<void>
}

const filePlace = (): Place => {
  const folder = tempFolder()
  const path = join(folder.path, 'keel.db')
  return {
    migrate: async (migrations) => migrateFile(path, { folder: migrations }),
    query: async (sql) => {
      const db = new Sqlite(path)
      const rows = db.query<Row, []>(sql).all()
      db.close()
      return rows
    },
    remove: async () => folder.remove(),
  }
}

const remotePlace = (): Place => {
  const server = startLibsqlServer()
  return {
    migrate: (folder) => migrateRemote(connectRemote(server.url), { folder }),
    query: async (sql) => (await connectRemote(server.url).execute(sql)).rows.map((row) => ({ ...row })),
    remove: server.stop,
  }
}

const errorOf = (work: Promise<unknown>) => work.then(() => undefined, String)

describe.each([
  { name: 'file', place: filePlace },
  { name: 'libsql', place: remotePlace },
])('migrations: $name', ({ place }) => {
  let here: Place
  let folder: ReturnType<typeof tempFolder>
  beforeEach(() => {
    here = place()
    folder = tempFolder()
  })
  afterEach(async () => {
    folder.remove()
    await here.remove()
  })
  const migrateTo = (...migrations: { sql: string; when?: number }[]) => {
    writeMigrations(folder.path, migrations)
    return here.migrate(folder.path)
  }
  const tables = async () =>
    (await here.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")).map(({ name }) => name)

  // bar 222
  test('all are applied the first time, none the second', async () => {
    expect(await migrateTo(FAMILIES, REBUILD)).toBe(2)
    expect(await migrateTo(FAMILIES, REBUILD)).toBe(0)
    expect(await here.query('SELECT count(*) AS n FROM __drizzle_migrations')).toEqual([{ n: 2 }])
  })

  test('a table is rebuilt without losing the rows that refer to it', async () => {
    await migrateTo(FAMILIES)
    expect(await migrateTo(FAMILIES, REBUILD)).toBe(1)
    expect(await here.query('SELECT id, parent FROM children')).toEqual([
      { id: 1, parent: 1 },
      { id: 2, parent: 1 },
    ])
    expect(await here.query('SELECT name FROM parents')).toEqual([{ name: 'Ada' }])
    expect(await errorOf(here.query('INSERT INTO parents (id, name) VALUES (2, NULL)'))).toContain('NOT NULL')
  })

  test('one that would leave rows without their parent is undone', async () => {
    await migrateTo(FAMILIES)
    expect(await errorOf(migrateTo(FAMILIES, ORPHANS))).toContain('without their parent')
    expect(await here.query('SELECT * FROM parents')).toEqual([{ id: 1, name: 'Ada' }])
    expect(await migrateTo(FAMILIES, REBUILD)).toBe(1)
  })

  test('one that fails is undone together with those before it', async () => {
    await migrateTo(FAMILIES)
    expect(await errorOf(migrateTo(FAMILIES, REBUILD, WRONG))).toContain('parents')
    expect(await tables()).toEqual(['__drizzle_migrations', 'children', 'parents'])
    expect(await here.query('SELECT count(*) AS n FROM __drizzle_migrations')).toEqual([{ n: 1 }])
  })

  test('a database of a newer version is refused', async () => {
    await migrateTo(FAMILIES, REBUILD)
    expect(await errorOf(migrateTo(FAMILIES))).toContain('another version')
  })

  test('a database whose history is another one is refused', async () => {
    await migrateTo(FAMILIES)
    expect(await errorOf(migrateTo({ ...FAMILIES, when: 999 }, REBUILD))).toContain('another version')
  })

  test('two processes at once do not apply rows twice', async () => {
    await migrateTo(FAMILIES)
    writeMigrations(folder.path, [FAMILIES, MORE_ROWS])
    await Promise.all([here.migrate(folder.path), here.migrate(folder.path), here.migrate(folder.path)])
    expect(await here.query('SELECT count(*) AS n FROM parents')).toEqual([{ n: 2 }])
  })

  test('two processes at once: one migrates, the other finds nothing left to do', async () => {
    writeMigrations(folder.path, [FAMILIES, REBUILD])
    const applied = await Promise.all([here.migrate(folder.path), here.migrate(folder.path), here.migrate(folder.path)])
    expect(applied.toSorted()).toEqual([0, 0, 2])
    expect(await here.query('SELECT count(*) AS n FROM children')).toEqual([{ n: 2 }])
  })
})

describe('migrations of a file', () => {
  let folder: ReturnType<typeof tempFolder>
  let path: string
  let backups: string
  beforeEach(() => {
    folder = tempFolder()
    path = join(folder.path, 'keel.db')
    backups = join(folder.path, 'backups')
  })
  afterEach(() => folder.remove())
  const clock = { now: () => new Date('2026-11-22T10:00:00.000Z') }
  const migrations = () => join(folder.path, 'migrations')

  // bar 222
  test('two real processes at once: one migrates, the other finds nothing left to do', async () => {
    writeMigrations(migrations(), [FAMILIES, SLOW])
    const children = await Promise.all([startMigrating(path, migrations()), startMigrating(path, migrations())])
    for (const child of children) child.go()
    const applied = await Promise.all(children.map((child) => child.applied))
    expect(applied.toSorted()).toEqual([0, 2])
  })

  // bar 222
  test('a process that is killed midway leaves nothing behind; the next start completes it', async () => {
    writeMigrations(migrations(), [FAMILIES])
    migrateFile(path, { folder: migrations() })
    writeMigrations(migrations(), [FAMILIES, ENDLESS])
    const child = await startMigrating(path, migrations())
    child.go()
    await locked(path)
    await child.kill()
    writeMigrations(migrations(), [FAMILIES, REBUILD])
    expect(migrateFile(path, { folder: migrations() })).toBe(1)
    const db = new Sqlite(path)
    expect(db.query<Row, []>('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    expect(db.query<Row, []>("SELECT name FROM sqlite_schema WHERE name = 'numbers'").all()).toEqual([])
    expect(db.query<Row, []>('SELECT count(*) AS n FROM children').all()).toEqual([{ n: 2 }])
    db.close()
  })

  test('an existing database is copied before it is changed, and only then; five copies are kept', () => {
    const steps = [FAMILIES, ...Array.from({ length: 7 }, (_, i) => ({ sql: `CREATE TABLE t${i} (id INTEGER);` }))]
    for (let known = 1; known <= steps.length; known++) {
      writeMigrations(migrations(), steps.slice(0, known))
      migrateFile(path, { folder: migrations(), backups, clock })
      migrateFile(path, { folder: migrations(), backups, clock })
    }
    const copies = readdirSync(backups).toSorted()
    expect(copies).toEqual([3, 4, 5, 6, 7].map((count) => `before-migration-20261122T100000000Z-${count}.db`))
    const copy = new Sqlite(join(backups, copies[0] ?? ''))
    expect(copy.query<Row, []>('SELECT count(*) AS n FROM __drizzle_migrations').all()).toEqual([{ n: 3 }])
    expect(copy.query<Row, []>('SELECT count(*) AS n FROM children').all()).toEqual([{ n: 2 }])
    copy.close()
  })

  test('a file of somebody else is left alone', () => {
    const foreign = new Sqlite(path)
    foreign.run('CREATE TABLE theirs (id INTEGER)')
    foreign.close()
    writeMigrations(migrations(), [FAMILIES])
    expect(() => migrateFile(path, { folder: migrations() })).toThrow('not a database of this application')
  })

  test('migrations that are out of order or missing are refused before anything is touched', () => {
    writeMigrations(migrations(), [FAMILIES, { ...REBUILD, when: 1000 }])
    expect(() => migrateFile(path, { folder: migrations() })).toThrow('older than')
    expect(() => migrateFile(path, { folder: join(folder.path, 'nowhere') })).toThrow('There are no migrations')
    expect(readdirSync(folder.path)).not.toContain('keel.db')
  })

  test('our own are in order and make a database that is whole', () => {
    expect(readMigrations(MIGRATIONS).length).toBeGreaterThan(0)
    migrateFile(path)
    const db = new Sqlite(path)
    expect(db.query<Row, []>('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    db.close()
    expect(readdirSync(folder.path)).toEqual(['keel.db'])
  })
})

const SLOW = {
  sql: 'CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n;',
}
const ENDLESS = {
  sql: 'CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e12) SELECT i FROM n;',
}

/** Resolves once another process writes to the file. */
const locked = async (path: string) => {
  const db = new Sqlite(path)
  const free = () => {
    try {
      db.run('BEGIN IMMEDIATE; ROLLBACK')
      return true
    } catch {
      return false
    }
  }
  while (free()) await Bun.sleep(2)
  db.close()
}
