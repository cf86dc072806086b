import { afterAll, describe, expect, test } from 'bun:test'
import {
  type Actor,
  contextOf,
  days,
  defineEvent,
  defineFeature,
  type EventType,
  minutes,
  systemContext,
  t,
} from '#core'
import { bookkeeping, journal } from '#db'
import { stoppedClock, testApp } from '#tests'
import { queueDrivers } from '../support/queues'

const payload = t.Object({ userId: t.String() })
const kind = (name: string, more: Partial<EventType<typeof payload>> = {}) =>
  defineEvent(name, {
    payload,
    subject: ({ userId }) => ({ type: 'person', id: userId }),
    about: ({ userId }) => userId,
    summary: 'did it',
    ...more,
  })
const renamed = kind('person.renamed')
const praised = kind('personal.praised')
const refused = kind('person.refused', { failed: true })

const traits = { name: '', role: 'user', permissions: new Set<string>(), emailVerified: true, sessionId: 's' }
const ada: Actor = { type: 'user', userId: 'ada', provedAt: new Date(0), ...traits }
const bob: Actor = { type: 'user', userId: 'bob', provedAt: new Date(0), ...traits }
const bobAsAda: Actor = { type: 'impersonator', userId: 'ada', adminId: 'bob', ...traits }

const databases = queueDrivers.filter(({ name }) => name.startsWith('embedded'))

describe.each(databases)('reading the journal: $name', ({ env, stop }) => {
  afterAll(() => stop?.())

  const stage = async () => {
    const features = [defineFeature({ name: 'stage', events: [renamed, praised, refused] })]
    const { app, clock } = await testApp({ env: env(), features, clock: stoppedClock() })
    // In portions: over a socket, on a busy machine, a thousand rows may take longer than a transaction is given.
    const did = async (
      actor: Actor,
      event: EventType<typeof payload>,
      userId: string,
      ip = '203.0.113.7',
      times = 1,
    ) => {
      const ctx = contextOf(app, { actor, ip, requestId: `${userId}-1` })
      for (let done = 0; done < times; done += 100)
        await bookkeeping(app, async (tx) => {
          for (let n = done; n < Math.min(times, done + 100); n++) await journal.record(tx, ctx, event, { userId })
        })
    }
    const seqs = async (filter: Parameters<typeof app.journal.scan>[0]) => {
      const { data } = await app.journal.list(systemContext(app, 'test'), { limit: '100' }, filter)
      const scanned: number[] = []
      for await (const rows of app.journal.scan(filter)) scanned.push(...rows.map(({ seq }) => seq))
      const listed = data.map(({ seq }) => seq)
      // Both read the same, one from each end.
      expect(scanned).toEqual(listed.toReversed())
      return scanned
    }
    return { app, clock, did, seqs }
  }

  test('rows are found by all that an investigation starts from', async () => {
    const { clock, did, seqs } = await stage()
    const start = clock.now()
    await did(ada, renamed, 'ada')
    await did(bob, refused, 'ada', '203.0.113.8')
    clock.advance(days(1))
    await did(bobAsAda, praised, 'bob')
    await did(bob, renamed, 'bob')
    expect(await seqs({})).toEqual([1, 2, 3, 4])
    expect(await seqs({ type: 'person.renamed' })).toEqual([1, 4])
    expect(await seqs({ type: 'person.*' })).toEqual([1, 2, 4])
    expect(await seqs({ actorId: 'ada' })).toEqual([1, 3])
    expect(await seqs({ actorId: 'bob' })).toEqual([2, 3, 4])
    expect(await seqs({ userId: 'ada' })).toEqual([1, 2])
    expect(await seqs({ resource: { type: 'person' } })).toEqual([1, 2, 3, 4])
    expect(await seqs({ resource: { type: 'person', id: 'bob' } })).toEqual([3, 4])
    expect(await seqs({ ip: '203.0.113.8' })).toEqual([2])
    expect(await seqs({ requestId: 'bob-1' })).toEqual([3, 4])
    expect(await seqs({ outcome: 'failure' })).toEqual([2])
    expect(await seqs({ after: new Date(start.getTime() + 1) })).toEqual([3, 4])
    expect(await seqs({ before: clock.now() })).toEqual([1, 2])
    expect(await seqs({ userId: 'ada', outcome: 'success' })).toEqual([1])
    expect(await seqs({ type: "person.renamed' or 1=1 --" })).toEqual([])
  })

  test('many rows are read in portions, and those added meanwhile are not', async () => {
    const { app, did } = await stage()
    await did(ada, renamed, 'ada', undefined, 600)
    const portions: number[] = []
    for await (const rows of app.journal.scan({ userId: 'ada' })) {
      if (portions.length === 0) await did(ada, renamed, 'ada')
      portions.push(rows.length)
    }
    expect(portions).toEqual([500, 100])
  }, 30_000)

  test('a check that runs out of time says where to go on', async () => {
    const { app, did } = await stage()
    await did(ada, renamed, 'ada', undefined, 600)
    expect(await app.journal.verify({ within: 0 })).toEqual({ ok: true, checked: 500, next: 500 })
    expect(await app.journal.verify({ after: 500 })).toEqual({ ok: true, checked: 100 })
    expect(await app.journal.verify({ after: 99_999 })).toEqual({ ok: true, checked: 600 })
  }, 30_000)

  test('thinning blanks some kinds of old rows, a thousand looked at in one go, and the chain holds', async () => {
    const { app, clock, did } = await stage()
    await did(ada, renamed, 'ada', undefined, 550)
    await did(ada, praised, 'ada', undefined, 550)
    clock.advance(minutes(10))
    await did(ada, praised, 'ada')
    const before = clock.now()
    const thin = (after: number) =>
      bookkeeping(app, (tx) => app.journal.thin(tx, { types: ['personal.*'], after, before }))
    expect(await thin(0)).toEqual({ thinned: 450, upTo: 1000 })
    expect(await thin(1000)).toEqual({ thinned: 100, upTo: 1100 })
    expect(await thin(1100)).toEqual({ thinned: 0, upTo: 1100 })
    expect(await thin(0)).toEqual({ thinned: 0, upTo: 1000 })
    const { events } = app.journal
    const held = await app.db.select({ type: events.type, payload: events.payload, ip: events.ip }).from(events)
    const whole = held.filter(({ payload, ip }) => payload !== null && ip !== null)
    expect(Object.groupBy(whole, ({ type }) => type)['person.renamed']).toHaveLength(550)
    expect(Object.groupBy(whole, ({ type }) => type)['personal.praised']).toHaveLength(1)
    expect(await app.journal.verify()).toEqual({ ok: true, checked: 1101 })
  }, 30_000)
})
