import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { openFile } from '#adapters/database/file'
import { connectRemote, openRemote } from '#adapters/database/libsql'
import type { Limits } from '#adapters/database/transaction'
import { type Database, json, prepared, softDelete, timestamp } from '#db'
import { startLibsqlServer } from './hrana'
import { startLockHolder } from './lock-holder'
import { tempFolder } from './temp'

/** A table of no feature's, to try a database with. */
export const people = sqliteTable('people', {
  id: integer('id').primaryKey(),
  email: text('email').notNull().unique(),
  visits: integer('visits').notNull().default(0),
  bornAt: timestamp('born_at'),
  tags: json<string[]>('tags'),
  ...softDelete(),
})
export const PEOPLE = sql`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE,
  visits INTEGER NOT NULL DEFAULT 0, born_at INTEGER, tags TEXT, deleted_at INTEGER, deleted_by TEXT)`

const ID = sql.placeholder('id')
const EMAIL = sql.placeholder('email')
export const byId = prepared((db) => db.select().from(people).where(eq(people.id, ID)).prepare())
export const insertByEmail = prepared((db) => db.insert(people).values({ email: EMAIL }).prepare())

/** For transactions that no event belongs to. */
export const books = { bookkeeping: true }

interface Options extends Limits {
  patience?: number
}

/** Where a driver keeps its data in a test, and how another process would lock it. */
interface Place {
  open(options?: Options): Database
  /** Takes the write lock from outside; resolves once it is held, to the function that gives it back. */
  lock(): Promise<() => Promise<void>>
  remove(): Promise<void>
}

const filePlace = (): Place => {
  const folder = tempFolder()
  const path = join(folder.path, 'keel.db')
  return {
    open: (options) => openFile(path, options),
    lock: () => startLockHolder(path),
    remove: async () => folder.remove(),
  }
}

const remotePlace = (): Place => {
  const server = startLibsqlServer()
  return {
    open: (options) => openRemote(connectRemote(server.url), options),
    lock: async () => {
      const tx = await connectRemote(server.url).transaction('write')
      await tx.execute('SELECT 1')
      return () => tx.rollback()
    },
    remove: server.stop,
  }
}

/** Every driver, and how many transactions at once it is tried with. */
export const drivers = [
  { name: 'file', place: filePlace, concurrent: 2000 },
  { name: 'libsql', place: remotePlace, concurrent: 300 },
]

/** A database with an empty table of people, and what most tests do with it. */
export const openPeople = async (place: () => Place) => {
  const here = place()
  const opened: Database[] = []
  const open = (options?: Options) => {
    const database = here.open(options)
    opened.push(database)
    return database
  }
  const db = open()
  await db.transaction(async (tx) => void (await tx.run(PEOPLE)), books)
  return {
    db,
    /** Another handle on the same data. */
    open,
    lock: here.lock,
    add: (email: string, database = db) =>
      database.transaction(async (tx) => void (await tx.insert(people).values({ email })), books),
    count: () => db.reader.$count(people),
    remove: async () => {
      for (const database of opened) await database.close()
      await here.remove()
    },
  }
}

/** What `work` fails with; undefined if it does not. */
export const errorOf = (work: PromiseLike<unknown>): PromiseLike<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
