import { Database as Sqlite } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openFile } from '#adapters/database/file'
import { openDatabase } from '#adapters/database/open'
import { tempFolder } from '../support/temp'

/** How often a writer is killed. */
const KILLS = 20

let folder: ReturnType<typeof tempFolder>
let path: string
beforeEach(() => {
  folder = tempFolder()
  path = join(folder.path, 'keel.db')
})
afterEach(() => folder.remove())

const child = (file: string, ...args: string[]) =>
  Bun.spawn([process.execPath, join(import.meta.dir, '../support/children', file), ...args], {
    stdout: 'pipe',
    stderr: 'inherit',
  })

const makePairs = () => {
  const db = new Sqlite(path)
  db.run('PRAGMA journal_mode = WAL')
  db.run('CREATE TABLE changes (id INTEGER PRIMARY KEY)')
  db.run('CREATE TABLE records (id INTEGER PRIMARY KEY)')
  db.close()
}

describe('processes that die or meet', () => {
  // bar 211, bar 212, bar 238
  test(`a writer that is killed ${KILLS} times loses no acknowledged write and tears no pair`, async () => {
    makePairs()
    let acknowledged = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = child('write-pairs.ts', path)
      const seen: number[] = []
      for await (const chunk of writer.stdout) {
        const lines = new TextDecoder().decode(chunk).split('\n')
        seen.push(...lines.filter(Boolean).map(Number))
        if (seen.length > 20 + kill * 10) writer.kill('SIGKILL')
      }
      await writer.exited
      acknowledged += seen.length
      const db = new Sqlite(path)
      const all = new Set(
        db
          .query<{ id: number }, []>('SELECT id FROM changes')
          .all()
          .map(({ id }) => id),
      )
      expect(seen.filter((id) => !all.has(id))).toEqual([])
      expect(db.query('SELECT id FROM changes EXCEPT SELECT id FROM records').all()).toEqual([])
      expect(db.query('SELECT id FROM records EXCEPT SELECT id FROM changes').all()).toEqual([])
      expect(db.query('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
      db.close()
    }
    expect(acknowledged).toBeGreaterThan(KILLS * 20)
  }, 60_000)

  // bar 210
  test('two processes write together and neither is refused', async () => {
    makePairs()
    const db = openFile(path)
    const writer = child('write-pairs.ts', path, '1')
    const theirs = async () => (await db.reader.get<{ n: number }>(sql`SELECT count(*) AS n FROM changes`)).n
    let ours = 0
    while (ours < 300 || (await theirs()) < 100) {
      await db.transaction(async (tx) => {
        await tx.run(sql`INSERT INTO records VALUES (${-++ours})`)
        tx.markRecorded()
      })
    }
    expect(writer.exitCode).toBeNull()
    writer.kill('SIGKILL')
    await writer.exited
    expect(await db.reader.get<{ n: number }>(sql`SELECT count(*) AS n FROM records WHERE id < 0`)).toEqual({ n: ours })
    await db.close()
  }, 30_000)
})

describe('a full disk', () => {
  const own = ['unshare', '--map-root-user', '--mount']
  const possible = Bun.which('unshare') !== null && Bun.spawnSync([...own, 'true']).success

  // bar 220
  test.skipIf(!possible)('refuses writes, answers reads, and takes writes again once there is space', () => {
    const fill = join(import.meta.dir, '../support/children/fill-disk.ts')
    const script = `mount -t tmpfs -o size=3m none "$1" && head -c 500000 /dev/zero > "$1/ballast" && exec "$2" "$3" "$1"`
    const run = Bun.spawnSync([...own, 'sh', '-c', script, 'sh', folder.path, process.execPath, fill], {
      stderr: 'inherit',
    })
    expect(JSON.parse(run.stdout.toString())).toEqual({ refusals: ['storage_full', 'storage_full'], lost: 0, added: 1 })
  })
})

describe('the start in production', () => {
  const clock = { now: () => new Date('2026-11-22T10:00:00.000Z') }
  const silent = { info() {}, error() {} }
  const start = (production = true) =>
    openDatabase({ databaseUrl: `file:${path}`, dataDir: folder.path, production }, { clock, log: silent }).then(
      (db) => db.close(),
      String,
    )

  // bar 221
  test('a data folder that has been used but holds no database is refused, and none is made', async () => {
    mkdirSync(join(folder.path, 'uploads'))
    expect(await start()).toContain('restore a backup')
    expect(existsSync(path)).toBe(false)
    expect(await start(false)).toBeUndefined()
    expect(await start()).toBeUndefined()
  })

  test('an empty volume is set up', async () => {
    mkdirSync(join(folder.path, 'lost+found'))
    writeFileSync(join(folder.path, '.keep'), '')
    expect(await start()).toBeUndefined()
    expect(existsSync(path)).toBe(true)
    expect(await start()).toBeUndefined()
  })

  test('nothing but the database is left when it is closed', async () => {
    await start()
    expect(readdirSync(folder.path)).toEqual(['keel.db'])
  })

  // bar 221
  test('a database that cannot be written is refused', async () => {
    await start()
    chmodSync(path, 0o444)
    chmodSync(folder.path, 0o555)
    const run = child('open.ts', path, folder.path)
    expect(await new Response(run.stdout).text()).toContain('cannot be written')
    chmodSync(folder.path, 0o755)
  })
})
