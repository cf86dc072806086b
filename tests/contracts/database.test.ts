import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { eq, sql } from 'drizzle-orm'
import { alive, changed, type Database, isUnique } from '#db'
import { books, byId, drivers, errorOf, insertByEmail, openPeople, people } from '../support/databases'
import { measureLag } from '../support/lag'

type People = Awaited<ReturnType<typeof openPeople>>

describe.each(drivers)('database: $name', ({ place, concurrent }) => {
  let db: Database
  let add: People['add']
  let count: People['count']
  let remove: People['remove']
  beforeEach(async () => {
    ;({ db, add, count, remove } = await openPeople(place))
  })
  afterEach(() => remove())

  test('what was committed is read back, with its types', async () => {
    const bornAt = new Date('1815-12-10T00:00:00.123Z')
    await db.transaction(async (tx) => {
      await tx.insert(people).values({ id: 1, email: 'ada@example.com', bornAt, tags: ['a', 'b'] })
    }, books)
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
    }, books)
    expect(await byId(db.reader).get({ id: 1 })).toBeDefined()
  })

  // bar 209
  test(`of ${concurrent} concurrent read-modify-write transactions none is lost`, async () => {
    await add('ada@example.com')
    const lag = measureLag()
    const started = performance.now()
    await Promise.all(
      Array.from({ length: concurrent }, () =>
        db.transaction(async (tx) => {
          const row = await byId(tx).get({ id: 1 })
          await tx
            .update(people)
            .set({ visits: (row?.visits ?? 0) + 1 })
            .where(eq(people.id, 1))
        }, books),
      ),
    )
    // Without the turns that it is given, the loop would stand still for all of it.
    expect(lag.stop()).toBeLessThan((performance.now() - started) / 2)
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
    }, books)
    expect(await errorOf(failing)).toBe(error)
    expect(await count()).toBe(0)
    await add('ada@example.com')
    expect(await count()).toBe(1)
  })

  test('the reader cannot write', async () => {
    expect(
      await errorOf((async () => await insertByEmail(db.reader).run({ email: 'ada@example.com' }))()),
    ).toBeInstanceOf(Error)
    expect(await count()).toBe(0)
    await db.transaction(async (tx) => void (await insertByEmail(tx).run({ email: 'ada@example.com' })), books)
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
    }, books)
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

  test('a transaction inside a transaction is refused at once instead of waiting for itself', async () => {
    const nested = db.transaction(async (tx) => {
      await tx.insert(people).values({ email: 'ada@example.com' })
      await add('grace@example.com')
    }, books)
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
      db.transaction(async (tx) => void (await tx.run(sql`INSERT INTO nowhere VALUES (1)`)), books),
    )
    expect(isUnique(other)).toBe(false)
    await db.transaction(async (tx) => {
      await tx
        .insert(people)
        .values({ email: 'ada@example.com' })
        .catch(() => {})
      await tx.insert(people).values({ email: 'grace@example.com' })
    }, books)
    expect(await count()).toBe(2)
  })

  test('a statement tells how many rows it changed', async () => {
    await add('ada@example.com')
    await add('grace@example.com')
    await db.transaction(async (tx) => {
      expect(changed(await tx.update(people).set({ visits: 5 }))).toBe(2)
      expect(changed(await tx.update(people).set({ visits: 5 }).where(eq(people.id, 99)))).toBe(0)
    }, books)
  })

  test('the default scope leaves out deleted rows', async () => {
    await add('ada@example.com')
    await add('grace@example.com')
    await db.transaction(async (tx) => {
      await tx
        .update(people)
        .set({ deletedAt: new Date(0), deletedBy: 'me' })
        .where(eq(people.id, 1))
    }, books)
    expect(await db.reader.select({ id: people.id }).from(people).where(alive(people))).toEqual([{ id: 2 }])
  })
})
