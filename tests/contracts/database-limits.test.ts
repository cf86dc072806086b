import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { connectRemote, openRemote } from '#adapters/database/libsql'
import type { Database } from '#db'
import { books, drivers, errorOf, insertByEmail, openPeople, PEOPLE, people } from '../support/databases'
import { startLibsqlServer } from '../support/hrana'
import { measureLag } from '../support/lag'

type People = Awaited<ReturnType<typeof openPeople>>

describe.each(drivers)('limits of a database: $name', ({ place }) => {
  let db: Database
  let add: People['add']
  let count: People['count']
  let open: People['open']
  let lock: People['lock']
  let remove: People['remove']
  beforeEach(async () => {
    ;({ db, add, count, remove, open, lock } = await openPeople(place))
  })
  afterEach(() => remove())

  test('a transaction that waits for something else is rolled back, and its handle is dead', async () => {
    const impatient = open({ timeLimit: 100 })
    const gate = Promise.withResolvers<void>()
    const late = Promise.withResolvers<unknown>()
    const stuck = impatient.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
      await gate.promise
      const queries = [
        async () => await tx.insert(people).values({ email: 'late@example.com' }),
        async () => await insertByEmail(tx).run({ email: 'late@example.com' }),
        async () => await tx.get(sql`SELECT 1`),
      ]
      late.resolve(await Promise.allSettled(queries.map((query) => query())))
    }, books)
    expect(String(await errorOf(stuck))).toContain('was open for 100 ms')
    await impatient.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'next@example.com' })
      gate.resolve()
      const refused = expect.objectContaining({
        status: 'rejected',
        reason: expect.objectContaining({ message: expect.stringContaining('is over') }),
      })
      expect(await late.promise).toEqual([refused, refused, refused])
    }, books)
    expect(await db.reader.select({ email: people.email }).from(people)).toEqual([{ email: 'next@example.com' }])
  })

  // bar 220
  test('a full disk is a failure that says so; reads go on, and writes as soon as there is space', async () => {
    await add('ada@example.com')
    const full = db.transaction(async (tx) => {
      const pages = await tx.get<{ page_count: number }>(sql`PRAGMA page_count`)
      await tx.get(sql.raw(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + 2}`))
      await tx.insert(people).values({ email: 'x'.repeat(100_000) })
    }, books)
    expect(await errorOf(full)).toMatchObject({ kind: 'storage_full', code: 'storage_full' })
    expect(await count()).toBe(1)
    await db.transaction(async (tx) => void (await tx.get(sql`PRAGMA max_page_count = 1000000`)), books)
    await add('x'.repeat(100_000))
    expect(await count()).toBe(2)
  })

  // bar 210
  test('a lock held elsewhere is waited for without stopping the event loop', async () => {
    const release = await lock()
    const lag = measureLag()
    const waiting = [add('ada@example.com'), add('grace@example.com')]
    await Bun.sleep(500)
    expect(await count()).toBe(0)
    await release()
    await Promise.all(waiting)
    expect(lag.stop()).toBeLessThan(250)
    expect(await count()).toBe(2)
  })

  test('a lock held for too long refuses everyone who waits, at about the same time', async () => {
    const impatient = open({ patience: 200 })
    const release = await lock()
    const started = performance.now()
    const waiting = Array.from({ length: 5 }, (_, i) => add(`${i}@example.com`, impatient))
    const busy = expect.objectContaining({ kind: 'unavailable', code: 'database_busy', details: { retryAfter: 1 } })
    expect(await Promise.all(waiting.map(errorOf))).toEqual([busy, busy, busy, busy, busy])
    expect(performance.now() - started).toBeLessThan(2000)
    await release()
    await add('ada@example.com', impatient)
    expect(await count()).toBe(1)
  })
})

describe('a libSQL server', () => {
  test('a server that hangs or is gone is a failure, and is used again when it is back', async () => {
    const server = startLibsqlServer({ authToken: 'let-me-in' })
    const database = openRemote(connectRemote(server.url, 'let-me-in', 300), {})
    await database.ping()
    server.freeze(true)
    const lost = { kind: 'unavailable', code: 'database_unavailable' }
    expect(await errorOf(database.transaction(async (tx) => void (await tx.run(PEOPLE)), books))).toMatchObject(lost)
    expect(await errorOf(database.reader.get(sql`SELECT 1`))).toMatchObject(lost)
    server.freeze(false)
    await database.transaction(async (tx) => void (await tx.run(PEOPLE)), books)
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
})
