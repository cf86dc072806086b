import { afterAll, describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { events, journalRetention } from '#adapters/journal/schema'
import {
  type Actor,
  type App,
  type Context,
  contextOf,
  days,
  defineEvent,
  defineFeature,
  type Feature,
  hours,
  type RecordedEvent,
  t,
} from '#core'
import { bookkeeping, journal, transaction } from '#db'
import { stoppedClock, testApp } from '#tests'
import { notingJob, queueDrivers } from '../support/queues'

const renamed = defineEvent('person.renamed', {
  payload: t.Object({ userId: t.String(), name: t.String() }),
  subject: ({ userId, name }) => ({ type: 'user', id: userId, label: name }),
  about: ({ userId }) => userId,
  summary: 'changed a name',
})
const refused = defineEvent('person.refused', {
  payload: t.Object({}),
  subject: () => ({ type: 'door', id: 'front' }),
  summary: 'was refused',
  failed: true,
})

const person = {
  name: 'Ada',
  role: 'user',
  permissions: new Set<string>(),
  emailVerified: true,
  sessionId: 's',
  provedAt: new Date(0),
}
const ada: Actor = { type: 'user', userId: 'ada', ...person }
const adminAsAda: Actor = { type: 'impersonator', userId: 'ada', adminId: 'root', ...person }
const admin: Actor = { type: 'user', userId: 'root', ...person }

/** Step by step, as an erasure does. */
const erased = async (app: App, userId: string) => {
  const step = async (at: Parameters<App['journal']['erase']>[2]): Promise<void> => {
    const next = await bookkeeping(app, (tx) => app.journal.erase(tx, userId, at))
    if (next) await step(next)
  }
  await step({ since: 0, way: 0, after: 0 })
}

const databases = queueDrivers.filter(({ name }) => name.startsWith('embedded'))

describe.each(databases)('journal: $name', ({ env, stop }) => {
  afterAll(() => stop?.())

  const stage = async (feature: Omit<Feature, 'name'> = {}) => {
    const features = [defineFeature({ name: 'stage', events: [renamed, refused], ...feature })]
    const { app, clock } = await testApp({ env: env(), features, clock: stoppedClock() })
    const as = (actor: Actor): Context =>
      contextOf(app, { actor, requestId: 'request-1', ip: '203.0.113.7', userAgent: 'Firefox' })
    const rename = (name: string, actor: Actor = ada, userId = 'ada') =>
      transaction(app, (tx) => journal.record(tx, as(actor), renamed, { userId, name }))
    const rows = () => app.db.select().from(events).orderBy(events.seq)
    /** Somebody with the database in their hands. */
    const tamper = (statement: string) => bookkeeping(app, async (tx) => void (await tx.run(sql.raw(statement))))
    const untriggered = async (statement: string) => {
      for (const name of ['events_append', 'events_update', 'events_delete'])
        await tamper(`DROP TRIGGER IF EXISTS ${name}`)
      await tamper(statement)
    }
    return { app, clock, as, rename, rows, tamper, untriggered }
  }

  // bar 237
  test('a row says who did what to whom, from where, on which request and when', async () => {
    const { app, clock, rename } = await stage()
    const recorded = await rename('Ada L.', adminAsAda)
    const expected = {
      seq: 1,
      id: recorded.id,
      type: 'person.renamed',
      payload: { userId: 'ada', name: 'Ada L.' },
      outcome: 'success',
      actorType: 'impersonator',
      actorId: 'ada',
      impersonatorId: 'root',
      subjectType: 'user',
      subjectId: 'ada',
      subjectLabel: 'Ada L.',
      userId: 'ada',
      ip: '203.0.113.7',
      userAgent: 'Firefox',
      requestId: 'request-1',
      createdAt: clock.now(),
    } satisfies RecordedEvent
    expect(recorded).toEqual(expected)
    expect(await app.journal.find(recorded.id)).toEqual(expected)
    expect(await app.journal.find('unknown')).toBeUndefined()
  })

  test('a refused attempt is a failure, a stranger has no id', async () => {
    const { app, as } = await stage()
    const recorded = await transaction(app, (tx) => journal.record(tx, as({ type: 'anonymous' }), refused, {}))
    const { outcome, actorType, actorId, userId, subjectLabel } = recorded
    expect({ outcome, actorType, actorId, userId, subjectLabel }).toEqual({
      outcome: 'failure',
      actorType: 'anonymous',
      actorId: null,
      userId: null,
      subjectLabel: null,
    })
  })

  test('subscribers get one job per event they want, in the same transaction', async () => {
    const one = notingJob('one')
    const all = notingJob('all')
    const picky = notingJob('picky')
    const job = (noting: typeof one) => ({
      ...noting.job,
      run: (ctx: Context, { eventId }: { eventId: string }, task: Parameters<typeof noting.job.run>[2]) =>
        noting.job.run(ctx, { n: eventId.length }, task),
    })
    const { app, as, rename } = await stage({
      on: [
        { events: ['person.renamed'], job: job(one) },
        { events: ['*'], job: job(all) },
        { events: ['*'], job: job(picky), wants: async (_ctx, { type }) => type === 'person.refused' },
      ],
    })
    await rename('Ada L.')
    await transaction(app, (tx) => journal.record(tx, as(ada), refused, {}))
    const undone = transaction(app, async (tx) => {
      await journal.record(tx, as(ada), refused, {})
      throw new Error('no')
    })
    expect(undone).rejects.toThrow('no')
    await undone.catch(() => {})
    expect(await app.queue.runDue()).toBe(4)
    expect([one.seen.length, all.seen.length, picky.seen.length]).toEqual([1, 2, 1])
    expect(one.seen[0]).toMatchObject({ payload: { n: 36 }, requestId: 'request-1' })
  })

  test('the event is on the bus once it is committed, and never if it is not', async () => {
    const { app, as, rename } = await stage()
    const heard: unknown[] = []
    app.bus.subscribe('journal', (event) => heard.push(event))
    const undone = transaction(app, async (tx) => {
      await journal.record(tx, as(ada), refused, {})
      expect(heard).toEqual([])
      throw new Error('no')
    })
    await undone.catch(() => {})
    const recorded = await rename('Ada L.')
    expect(heard).toEqual([recorded])
  })

  test('rows number themselves without a gap, also under concurrent writers and rollbacks', async () => {
    const { app, as, rename, rows } = await stage()
    const fail = () =>
      transaction(app, async (tx) => {
        await journal.record(tx, as(ada), refused, {})
        throw new Error('no')
      }).catch(() => {})
    await Promise.all(Array.from({ length: 30 }, (_, n) => (n % 3 === 0 ? fail() : rename(`name ${n}`))))
    expect((await rows()).map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 20 })
  })

  // bar 240
  test('a change that cannot be recorded does not happen', async () => {
    const { app, as, tamper } = await stage()
    await tamper("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no space'); END")
    const change = transaction(app, async (tx) => {
      await tx.run(sql`INSERT INTO paused_queues VALUES ('mail', 0)`)
      await journal.record(tx, as(ada), refused, {})
    })
    expect(await change.catch(() => 'refused')).toBe('refused')
    expect(await app.db.all(sql`SELECT * FROM paused_queues`)).toEqual([])
  })

  test('an empty journal holds', async () => {
    const { app } = await stage()
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 0 })
  })

  // bar 239
  test.each([
    ["UPDATE events SET type = 'x' WHERE seq = 2"],
    ["UPDATE events SET payload = '{}' WHERE seq = 2"],
    ['UPDATE events SET payload = NULL WHERE seq = 2'],
    ['UPDATE events SET ip = NULL WHERE seq = 2'],
    ["UPDATE events SET ip = '198.51.100.1' WHERE seq = 2"],
    ["UPDATE events SET hash = 'x' WHERE seq = 2"],
    ['UPDATE events SET created_at = 0 WHERE seq = 2'],
    ['DELETE FROM events WHERE seq = 1'],
    ['DELETE FROM events'],
    ['INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 1'],
    ['INSERT INTO events SELECT seq + 10, id || 2, * FROM (SELECT * FROM events LIMIT 0)'],
    ["INSERT INTO journal_retention VALUES (3, 'made up', 0)"],
  ])('the table itself refuses: %s', async (statement) => {
    const { app, rename, rows, tamper } = await stage()
    for (const name of ['a', 'b', 'c']) await rename(name)
    const before = await rows()
    await tamper(statement).catch(() => {})
    expect(await rows()).toEqual(before)
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 3 })
  })

  // bar 239
  test.each([
    ['a changed type', "UPDATE events SET type = 'x' WHERE seq = 2", 2],
    ['a changed payload', "UPDATE events SET payload = '{}' WHERE seq = 2", 2],
    ['a payload removed without its salt', 'UPDATE events SET payload = NULL WHERE seq = 2', 2],
    ['a label put into an erased row', 'UPDATE events SET content_salt = NULL WHERE seq = 2', 2],
    ['a changed address', "UPDATE events SET ip = '198.51.100.1' WHERE seq = 3", 3],
    ['a changed time', 'UPDATE events SET created_at = created_at + 1 WHERE seq = 1', 1],
    ['another actor', "UPDATE events SET actor_id = 'bob' WHERE seq = 3", 3],
    ['a row taken out', 'DELETE FROM events WHERE seq = 2', 3],
    ['the first row taken out', 'DELETE FROM events WHERE seq = 1', 2],
    ['two rows swapped', "UPDATE events SET subject_id = 'x', hash = 'y' WHERE seq = 2", 2],
  ])('the check finds %s, and names the row', async (_what, statement, seq) => {
    const { app, rename, rows, untriggered } = await stage()
    for (const name of ['a', 'b', 'c']) await rename(name)
    await untriggered(statement)
    const id = (await rows()).find((row) => row.seq === seq)?.id
    const checked = seq - 1 - (statement.startsWith('DELETE') ? 1 : 0)
    expect(await app.journal.verify()).toEqual({ ok: false, checked, firstBroken: { seq, id: id ?? '' } })
  })

  // bar 239
  test('the check finds that the newest rows are gone', async () => {
    const { app, rename, untriggered } = await stage()
    for (const name of ['a', 'b', 'c']) await rename(name)
    await untriggered('DELETE FROM events WHERE seq > 1')
    expect(await app.journal.verify()).toEqual({ ok: false, checked: 1, firstBroken: { seq: 2, id: null } })
  })

  // bar 245
  test('erasing a person blanks what is about them and where they acted from, and the chain holds', async () => {
    const { app, as, rename, rows } = await stage()
    await rename('Ada L.')
    await rename('Ada K.', admin)
    await rename('Ada by admin', adminAsAda)
    await rename('Bob', ada, 'bob')
    await rename('Bob', admin, 'bob')
    await transaction(app, (tx) =>
      journal.record(tx, as({ type: 'anonymous' }), renamed, { userId: 'ada', name: 'Ada' }),
    )
    const before = await rows()
    await erased(app, 'ada')
    const after = await rows()
    const held = after.map((row) => ({ content: row.payload !== null, origin: row.ip !== null }))
    expect(held).toEqual([
      { content: false, origin: false },
      { content: false, origin: true },
      { content: false, origin: true },
      { content: true, origin: false },
      { content: true, origin: true },
      { content: false, origin: false },
    ])
    expect(JSON.stringify(after)).not.toContain('Ada')
    expect(after.map(({ hash }) => hash)).toEqual(before.map(({ hash }) => hash))
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 6 })
    expect(await app.journal.find(after[0]?.id ?? '')).toMatchObject({ payload: {}, subjectLabel: null, ip: null })
    await erased(app, 'root')
    expect((await rows()).filter(({ ip }) => ip !== null)).toEqual([])
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 6 })
  })

  test('old rows are retired from the beginning on, and the chain holds from there', async () => {
    const { app, as, clock, rename, rows } = await stage()
    for (const name of ['a', 'b', 'c']) await rename(name)
    clock.advance(days(400))
    await rename('d')
    // Made while the clock was wrong: it stays until its turn comes.
    clock.advance(-days(399))
    await rename('e')
    const retire = (before: Date) => bookkeeping(app, (tx) => app.journal.retire(tx, as(admin), before))
    const cutoff = new Date(clock.now().getTime() + days(1))
    expect([await retire(cutoff), await retire(cutoff)]).toEqual([3, 0])
    expect((await rows()).map(({ seq }) => seq)).toEqual([4, 5])
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 2 })
    clock.advance(days(800))
    expect(await retire(clock.now())).toBe(2)
    expect(await rows()).toEqual([])
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 0 })
    expect((await rename('f')).seq).toBe(6)
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 1 })
    expect((await app.db.select().from(journalRetention)).map(({ seq }) => seq)).toEqual([3, 5])
  })

  test('rows of a period are found by time, although none is indexed by it', async () => {
    const { app, as, clock, rename, rows } = await stage()
    const start = clock.now()
    const at = (hour: number) => new Date(start.getTime() + hours(hour))
    for (let hour = 0; hour < 30; hour++) {
      clock.set(at(hour))
      await rename(`at ${hour}`)
    }
    const { events, during, view } = app.journal
    const seqs = async (period: Parameters<typeof during>[0]) =>
      (await app.db.select().from(events).where(during(period)).orderBy(events.seq)).map((row) => view(row).seq)
    const all = (await rows()).map(({ seq }) => seq)
    expect(await seqs({})).toEqual(all)
    expect(await seqs({ after: at(10) })).toEqual(all.slice(10))
    expect(await seqs({ before: at(10) })).toEqual(all.slice(0, 10))
    expect(await seqs({ after: at(3), before: at(5) })).toEqual([4, 5])
    expect(await seqs({ after: at(-9), before: at(99) })).toEqual(all)
    expect(await seqs({ after: at(99) })).toEqual([])
    expect(await seqs({ before: at(-1) })).toEqual([])
    await bookkeeping(app, (tx) => app.journal.retire(tx, as(admin), at(20)))
    expect(await seqs({ after: at(3), before: at(22) })).toEqual([21, 22])
  })

  test('retiring works off many rows in portions', async () => {
    const { app, as, clock, rows } = await stage()
    await transaction(app, async (tx) => {
      for (let n = 0; n < 1200; n++) await journal.record(tx, as(ada), refused, {})
    })
    clock.advance(days(1))
    const retire = () => bookkeeping(app, (tx) => app.journal.retire(tx, as(admin), clock.now()))
    expect([await retire(), await retire(), await retire()]).toEqual([1000, 200, 0])
    expect(await rows()).toEqual([])
  })
})
