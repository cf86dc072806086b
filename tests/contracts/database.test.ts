import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { openFile } from '#adapters/database/file'
import { connectRemote, openRemote } from '#adapters/database/libsql'
import type { Limits } from '#adapters/database/transaction'
import { alive, changed, type Database, isUnique, json, prepared, softDelete, timestamp } from '#db'
import { startLibsqlServer } from '../support/hrana'
import { measureLag } from '../support/lag'
import { startLockHolder } from '../support/lock-holder'
import { tempFolder } from '../support/temp'

const people = sqliteTable('people', {
  id: integer('id').primaryKey(),
  email: text('email').notNull().unique(),
  visits: integer('visits').notNull().default(0),
  bornAt: timestamp('born_at'),
  tags: json<string[]>('tags'),
  ...softDelete(),
})
const PEOPLE = sql`CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, visits INTEGER NOT NULL DEFAULT 0,
  born_at INTEGER, tags TEXT, deleted_at INTEGER, deleted_by TEXT)`

const byId = prepared((db) =>
  db
    .select()
    .from(people)
    .where(eq(people.id, sql.placeholder('id')))
    .prepare(),
)
const insertAnyone = prepared((db) =>
  db
    .insert(people)
    .values({ email: sql.placeholder('email') })
    .prepare(),
)

const errorOf = (work: PromiseLike<unknown>): PromiseLike<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

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

const drivers = [
  { name: 'file', place: filePlace, concurrent: 2000 },
  { name: 'libsql', place: remotePlace, concurrent: 300 },
]

describe.each(drivers)('database: $name', ({ name, place, concurrent }) => {
  let here: Place
  let db: Database
  const opened: Database[] = []
  const open = (options?: Options) => {
    const database = here.open(options)
    opened.push(database)
    return database
  }
  const tidy = { bookkeeping: true }
  const add = (email: string, database = db) =>
    database.transaction(async (tx) => {
      await tx.insert(people).values({ email })
    }, tidy)
  const count = () => db.reader.$count(people)

  beforeEach(async () => {
    here = place()
    db = open()
    await db.transaction(async (tx) => {
      await tx.run(PEOPLE)
    }, tidy)
  })
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close()
    await here.remove()
  })

  test('what was committed is read back, with its types', async () => {
    const bornAt = new Date('1815-12-10T00:00:00.123Z')
    await db.transaction(async (tx) => {
      await tx.insert(people).values({ id: 1, email: 'ada@example.com', bornAt, tags: ['a', 'b'] })
    }, tidy)
    const ada = {
      id: 1,
      email: 'ada@example.com',
      visits: 0,
      bornAt,
      tags: ['a', 'b'],
      deletedAt: null,
      deletedBy: null,
    }
    expect(await db.reader.select().from(people)).toEqual([ada])
    expect(await byId(db.reader).get({ id: 1 })).toEqual(ada)
    expect(await db.reader.get<{ email: string }>(sql`SELECT email FROM people`)).toEqual({ email: 'ada@example.com' })
    expect(await db.reader.get(sql`SELECT email FROM people WHERE id = 2`)).toBeUndefined()
    expect(await db.reader.all<{ email: string }>(sql`SELECT email FROM people`)).toEqual([
      { email: 'ada@example.com' },
    ])
    await db.ping()
  })

  test('a transaction reads its own writes, others only what is committed', async () => {
    await db.transaction(async (tx) => {
      await tx.insert(people).values({ id: 1, email: 'ada@example.com' })
      expect(await byId(tx).get({ id: 1 })).toBeDefined()
      expect(await tx.get<{ n: number }>(sql`SELECT count(*) AS n FROM people`)).toEqual({ n: 1 })
      expect(await byId(db.reader).get({ id: 1 })).toBeUndefined()
    }, tidy)
    expect(await byId(db.reader).get({ id: 1 })).toBeDefined()
  })

  // bar 209
  test(`of ${concurrent} concurrent read-modify-write transactions none is lost`, async () => {
    await add('ada@example.com')
    const lag = measureLag()
    await Promise.all(
      Array.from({ length: concurrent }, () =>
        db.transaction(async (tx) => {
          const row = await byId(tx).get({ id: 1 })
          await tx
            .update(people)
            .set({ visits: (row?.visits ?? 0) + 1 })
            .where(eq(people.id, 1))
        }, tidy),
      ),
    )
    expect(lag.stop()).toBeLessThan(100)
    expect((await byId(db.reader).get({ id: 1 }))?.visits).toBe(concurrent)
  }, 20_000)

  test('transactions run in the order in which they were asked for', async () => {
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        db.transaction(async () => {
          order.push(i)
        }),
      ),
    )
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  test('work that throws leaves nothing behind, and its error reaches the caller as it is', async () => {
    const error = new Error('no')
    const failing = db.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
      throw error
    }, tidy)
    expect(await errorOf(failing)).toBe(error)
    expect(await count()).toBe(0)
    await add('ada@example.com')
    expect(await count()).toBe(1)
  })

  test('the reader cannot write', async () => {
    expect(
      await errorOf((async () => await insertAnyone(db.reader).run({ email: 'ada@example.com' }))()),
    ).toBeInstanceOf(Error)
    expect(await count()).toBe(0)
    await db.transaction(async (tx) => void (await insertAnyone(tx).run({ email: 'ada@example.com' })), tidy)
    expect(await count()).toBe(1)
  })

  // bar 238
  test('a transaction that changes rows without recording an event is undone and reported', async () => {
    const silent = db.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
    })
    expect(String(await errorOf(silent))).toContain('without recording an event')
    expect(await count()).toBe(0)
  })

  test('one that records an event, changes nothing or only keeps books is fine', async () => {
    await db.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
      tx.markRecorded()
    })
    await db.transaction(async (tx) => {
      await tx.update(people).set({ visits: 1 }).where(eq(people.id, 99))
      await tx.select().from(people)
    })
    await add('grace@example.com')
    expect(await count()).toBe(2)
  })

  test('hooks run after the commit, in order, and cannot make it look failed', async () => {
    const seen: string[] = []
    const result = await db.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
      tx.afterCommit(() => seen.push('first'))
      tx.afterCommit(() => {
        throw new Error('a broadcast failed')
      })
      tx.afterCommit(() => seen.push('last'))
      seen.push('work')
      return 'done'
    }, tidy)
    expect(result).toBe('done')
    expect(seen).toEqual(['work', 'first', 'last'])
    expect(await count()).toBe(1)
  })

  test('hooks do not run after a rollback', async () => {
    let ran = false
    const failing = db.transaction(async (tx) => {
      tx.afterCommit(() => {
        ran = true
      })
      throw new Error('no')
    })
    expect(String(await errorOf(failing))).toContain('no')
    expect(ran).toBe(false)
  })

  test('a transaction that waits for something else is rolled back, and its handle is dead', async () => {
    const impatient = open({ timeLimit: 100 })
    const gate = Promise.withResolvers<void>()
    const late = Promise.withResolvers<unknown>()
    const stuck = impatient.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
      await gate.promise
      const queries = [
        async () => await tx.insert(people).values({ email: 'late@example.com' }),
        async () => await insertAnyone(tx).run({ email: 'late@example.com' }),
        async () => await tx.get(sql`SELECT 1`),
      ]
      late.resolve(await Promise.allSettled(queries.map((query) => query())))
    }, tidy)
    expect(String(await errorOf(stuck))).toContain('was open for 100 ms')
    await impatient.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'next@example.com' })
      gate.resolve()
      const refused = expect.objectContaining({
        status: 'rejected',
        reason: expect.objectContaining({ message: expect.stringContaining('is over') }),
      })
      expect(await late.promise).toEqual([refused, refused, refused])
    }, tidy)
    expect(await db.reader.select({ email: people.email }).from(people)).toEqual([{ email: 'next@example.com' }])
  })

  test('a transaction inside a transaction is refused at once instead of waiting for itself', async () => {
    const nested = db.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
      await add('grace@example.com')
    }, tidy)
    expect(String(await errorOf(nested))).toContain('inside a transaction')
    expect(await count()).toBe(0)
  })

  test('what a transaction sets off may have one of its own once it is over', async () => {
    const after = Promise.withResolvers<void>()
    const later = Promise.withResolvers<void>()
    await db.transaction(async (tx) => {
      tx.afterCommit(() => void add('hook@example.com').then(after.resolve, after.reject))
      setTimeout(() => void add('timer@example.com').then(later.resolve, later.reject), 20)
    })
    await Promise.all([after.promise, later.promise])
    expect(await count()).toBe(2)
  })

  test('a taken unique value is told apart from other errors, and the transaction goes on', async () => {
    await add('ada@example.com')
    const error = await errorOf(add('ada@example.com'))
    expect(isUnique(error)).toBe(true)
    expect(isUnique(error, 'people.email')).toBe(true)
    expect(isUnique(error, 'people.id')).toBe(false)
    expect(String(error)).not.toContain('ada@example.com')
    const other = await errorOf(
      db.transaction(async (tx) => void (await tx.run(sql`INSERT INTO nowhere VALUES (1)`)), tidy),
    )
    expect(isUnique(other)).toBe(false)
    await db.transaction(async (tx) => {
      await tx
        .insert(people)
        .values({ email: 'ada@example.com' })
        .catch(() => {})
      await tx.insert(people).values({ email: 'grace@example.com' })
    }, tidy)
    expect(await count()).toBe(2)
  })

  test('a statement tells how many rows it changed', async () => {
    await add('ada@example.com')
    await add('grace@example.com')
    await db.transaction(async (tx) => {
      expect(changed(await tx.update(people).set({ visits: 5 }))).toBe(2)
      expect(changed(await tx.update(people).set({ visits: 5 }).where(eq(people.id, 99)))).toBe(0)
    }, tidy)
  })

  test('the default scope leaves out deleted rows', async () => {
    await add('ada@example.com')
    await add('grace@example.com')
    await db.transaction(async (tx) => {
      await tx
        .update(people)
        .set({ deletedAt: new Date(0), deletedBy: 'me' })
        .where(eq(people.id, 1))
    }, tidy)
    expect(await db.reader.select({ id: people.id }).from(people).where(alive(people))).toEqual([{ id: 2 }])
  })

  // bar 220
  test('a full disk is a failure that says so; reads go on, and writes as soon as there is space', async () => {
    await add('ada@example.com')
    const full = db.transaction(async (tx) => {
      const pages = await tx.get<{ page_count: number }>(sql`PRAGMA page_count`)
      await tx.get(sql.raw(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + 2}`))
      await tx.insert(people).values({ email: 'x'.repeat(100_000) })
    }, tidy)
    expect(await errorOf(full)).toMatchObject({ kind: 'storage_full', code: 'storage_full' })
    expect(await count()).toBe(1)
    await db.transaction(async (tx) => void (await tx.get(sql`PRAGMA max_page_count = 1000000`)), tidy)
    await add('x'.repeat(100_000))
    expect(await count()).toBe(2)
  })

  // bar 210
  test('a lock held elsewhere is waited for without stopping the event loop', async () => {
    const release = await here.lock()
    const lag = measureLag()
    const waiting = [add('ada@example.com'), add('grace@example.com')]
    await Bun.sleep(150)
    expect(await count()).toBe(0)
    await release()
    await Promise.all(waiting)
    expect(lag.stop()).toBeLessThan(100)
    expect(await count()).toBe(2)
  })

  test('a lock held for too long refuses everyone who waits, at about the same time', async () => {
    const impatient = open({ patience: 200 })
    const release = await here.lock()
    const started = performance.now()
    const waiting = Array.from({ length: 5 }, (_, i) => add(`${i}@example.com`, impatient))
    const busy = expect.objectContaining({ kind: 'unavailable', code: 'database_busy', details: { retryAfter: 1 } })
    expect(await Promise.all(waiting.map(errorOf))).toEqual([busy, busy, busy, busy, busy])
    expect(performance.now() - started).toBeLessThan(2000)
    await release()
    await add('ada@example.com', impatient)
    expect(await count()).toBe(1)
  })

  if (name === 'libsql') {
    test('a server that hangs or is gone is a failure, and is used again when it is back', async () => {
      const server = startLibsqlServer({ authToken: 'let-me-in' })
      const database = openRemote(connectRemote(server.url, 'let-me-in', 300), {})
      await database.ping()
      server.freeze(true)
      const lost = { kind: 'unavailable', code: 'database_unavailable' }
      expect(await errorOf(database.transaction(async (tx) => void (await tx.run(PEOPLE)), tidy))).toMatchObject(lost)
      expect(await errorOf(database.reader.get(sql`SELECT 1`))).toMatchObject(lost)
      server.freeze(false)
      await database.transaction(async (tx) => void (await tx.run(PEOPLE)), tidy)
      await server.stop()
      expect(await errorOf(database.ping())).toMatchObject(lost)
      await database.close()
    })

    test('a server that does not know us refuses', async () => {
      const server = startLibsqlServer({ authToken: 'let-me-in' })
      expect(await errorOf(openRemote(connectRemote(server.url, 'wrong')).ping())).toMatchObject({
        cause: { message: expect.stringContaining('401') },
      })
      await server.stop()
    })
  }
})
