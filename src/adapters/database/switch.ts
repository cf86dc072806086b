import { Database as Sqlite } from 'bun:sqlite'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { App } from '#core'
import type { SwitchOrder, SwitchOutcome } from './port'

/** Where a backup lies that is to take the place of the database, under the data folder. */
const FOLDER = 'restore'
const ORDER = 'order.json'
/** What the last switch led to, until whoever asked for it has seen it. */
const OUTCOME = 'restored.json'
const SAFETY = 'before-restore-'
const KEPT_COPIES = 3
/** How long other processes get to let go of the old database, in milliseconds. */
const PATIENCE = 10_000

/** The folder that a backup to be restored is unpacked into. */
export const stagingFolder = (dataDir: string) => join(dataDir, FOLDER, 'unpacked')

/** Orders the switch: the next process that opens the database does it. Until then, nothing has changed. */
export const orderSwitch = (dataDir: string, order: SwitchOrder) =>
  writeSafely(join(dataDir, FOLDER, ORDER), JSON.stringify(order))

/** What the last switch led to. Nothing if there was none, or it has been settled. */
export const switchOutcome = (dataDir: string): SwitchOutcome | undefined =>
  readJson<SwitchOutcome>(join(dataDir, OUTCOME))
export const settleSwitch = (dataDir: string) => rmSync(join(dataDir, OUTCOME), { force: true })

interface Switch {
  dataDir: string
  path: string
  log: Pick<App['log'], 'info' | 'error'>
  /** Brings the new database up to this version. */
  migrate: () => void
}

/**
 * Puts an unpacked backup in the place of the database, if one was ordered. Each step can be repeated, and the switch
 * itself is one rename: a crash leaves the old database or the new one, and the next start goes on. Takes itself back if
 * the new one cannot be brought up to this version.
 */
export const finishSwitch = (options: Switch): void => {
  const { dataDir, path, log } = options
  const orderFile = join(dataDir, FOLDER, ORDER)
  const order = readJson<SwitchOrder>(orderFile)
  if (!order) return
  const staged = join(stagingFolder(dataDir), 'database.sqlite')
  const safety = join(dataDir, 'backups', `${SAFETY}${stampOf(orderFile)}.db`)
  const end = (outcome: SwitchOutcome) => {
    writeSafely(join(dataDir, OUTCOME), JSON.stringify(outcome))
    rmSync(join(dataDir, FOLDER), { recursive: true, force: true })
    log[outcome.ok ? 'info' : 'error'](
      { ...outcome },
      outcome.ok ? 'A backup was restored' : 'A backup was not restored',
    )
  }
  // Without it the rename has been done, and the process died before it could say so.
  if (existsSync(staged)) {
    try {
      if (existsSync(path)) letGo(path, safety)
      carryOver(staged, safety, order.carry)
      addFiles(join(stagingFolder(dataDir), 'files'), join(dataDir, 'files'))
    } catch (error) {
      end({ ...order, ok: false, problem: messageOf(error) })
      return
    }
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true })
    renameSync(staged, path)
    syncFolder(dirname(path))
  }
  const safetyCopy = existsSync(safety) ? safety : undefined
  try {
    options.migrate()
  } catch (error) {
    if (!safetyCopy) throw error
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true })
    const again = `${path}.again`
    rmSync(again, { force: true })
    linkSync(safetyCopy, again)
    renameSync(again, path)
    end({ ...order, ok: false, problem: messageOf(error), safetyCopy })
    return
  }
  end({ ...order, ok: true, safetyCopy })
  thinOut(join(dataDir, 'backups'))
}

/** The old database as one file that nobody has open, under a second name that outlives the switch. */
const letGo = (path: string, safety: string) => {
  const old = new Sqlite(path)
  try {
    old.run(`PRAGMA busy_timeout = ${PATIENCE}`)
    // Only the last connection of all processes can leave WAL: the log is written back, and removed.
    const mode = old.query<{ journal_mode: string }, []>('PRAGMA journal_mode = DELETE').get()?.journal_mode
    if (mode !== 'delete') throw new Error('Another process uses the database: stop it first')
  } catch (error) {
    throw error instanceof Error && /locked|busy/i.test(error.message)
      ? new Error('Another process uses the database: stop it first')
      : error
  } finally {
    old.close()
  }
  mkdirSync(dirname(safety), { recursive: true })
  if (!existsSync(safety)) linkSync(path, safety)
}

/** Rows that must not be lost with the old database. Tables that one of the two does not have are left out. */
const carryOver = (staged: string, old: string, tables: readonly string[]) => {
  if (!existsSync(old) || tables.length === 0) return
  const db = new Sqlite(staged)
  try {
    db.run('ATTACH ? AS old', [old])
    const has = (schema: string, table: string) =>
      db.query(`SELECT 1 FROM ${schema}.sqlite_schema WHERE type = 'table' AND name = ?`).get(table) !== null
    for (const table of tables)
      if (has('main', table) && has('old', table))
        db.run(`INSERT OR IGNORE INTO main."${table}" SELECT * FROM old."${table}"`)
  } finally {
    db.close()
  }
}

/** Stored objects never change under their name, so those that are missing are added and the others stay. */
const addFiles = (from: string, to: string) => {
  if (!existsSync(from)) return
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const target = join(to, source.slice(from.length))
    if (existsSync(target)) continue
    mkdirSync(dirname(target), { recursive: true })
    renameSync(source, target)
  }
}

const thinOut = (folder: string) => {
  if (!existsSync(folder)) return
  const copies = readdirSync(folder).filter((name) => name.startsWith(SAFETY))
  for (const old of copies.sort().slice(0, -KEPT_COPIES)) rmSync(join(folder, old))
}

/** One name for all attempts at one switch: the old database must not be copied after it has been replaced. */
const stampOf = (orderFile: string) => new Date(statSync(orderFile).mtimeMs).toISOString().replace(/[-:.]/g, '')

const readJson = <T>(path: string): T | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined

const writeSafely = (path: string, text: string) => {
  const draft = `${path}.part`
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  renameSync(draft, path)
  syncFolder(dirname(path))
}

const syncFolder = (path: string) => {
  const handle = openSync(path, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
