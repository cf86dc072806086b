import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { days, hours, later, minutes, seconds, systemContext } from '#core'
import { erase } from '#features/auth'
import type { Json } from '#tests'
import { happen } from '../../../tests/support/happenings'
import type { Receiver } from '../../../tests/support/receiver'
import { bad, deliveries, listening, stage, subscribe } from '../../../tests/support/webhooks'
import { users } from '../users/schema'
import { purge, sweep } from './upkeep'

const texts = ({ received }: Receiver) => received.map(({ raw }) => JSON.parse(raw).data.text)

/** A receiver that answers 500 until it is well. */
const ailing = () => {
  const state = { well: false }
  const server = listening(() => new Response(null, { status: state.well ? 200 : 500 }))
  return { state, server }
}

describe('a delivery can be sent again', () => {
  // bar 170, bar 184
  test('after it failed for good, and after it arrived: with the same id, from the start of the schedule', async () => {
    const { as, go, runJobs } = await stage({ WEBHOOK_RETRY_SCHEDULE: '0' })
    const { state, server } = ailing()
    const { id } = await subscribe(as.ada, server.url)
    await go()
    const [failed] = await deliveries(as.ada, id)
    expect(failed.status).toBe('failed')
    state.well = true
    const reply = await as.ada.post(`/webhooks/${id}/deliveries/${failed.id}/retry`)
    expect(reply.status).toBe(202)
    expect(reply.json()).toMatchObject({ id: failed.id, status: 'pending', nextAttemptAt: expect.any(String) })
    await runJobs()
    const [delivered] = await deliveries(as.ada, id)
    expect(delivered).toMatchObject({ status: 'delivered', attempts: [{ statusCode: 500 }, { statusCode: 200 }] })
    await as.ada.post(`/webhooks/${id}/deliveries/${failed.id}/retry`).json()
    await runJobs()
    expect(new Set(server.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(server.received).toHaveLength(3)
  })

  test('before its time has come', async () => {
    const { as, go, runJobs } = await stage()
    const { state, server } = ailing()
    const { id } = await subscribe(as.ada, server.url)
    await go()
    const [waiting] = await deliveries(as.ada, id)
    state.well = true
    await as.ada.post(`/webhooks/${id}/deliveries/${waiting.id}/retry`).json()
    await runJobs()
    expect(await deliveries(as.ada, id)).toMatchObject([{ status: 'delivered' }])
  })

  test('however often, only so many attempts are kept', async () => {
    const { as, go, runJobs } = await stage({ WEBHOOK_RETRY_SCHEDULE: '0,0,0,0,0,0,0,0,0,0' })
    const { server } = ailing()
    const { id } = await subscribe(as.ada, server.url)
    await go()
    for (let i = 0; i < 2; i++) {
      const [failed] = await deliveries(as.ada, id)
      await as.ada.post(`/webhooks/${id}/deliveries/${failed.id}/retry`).json()
      await runJobs()
    }
    expect(server.received).toHaveLength(30)
    expect((await deliveries(as.ada, id))[0].attempts).toHaveLength(25)
  })

  test('but not to an endpoint that is off, and neither can that one be tested or recovered', async () => {
    const { as, go, clock } = await stage()
    const { id } = await subscribe(as.ada, ailing().server.url)
    await go()
    const [delivery] = await deliveries(as.ada, id)
    await as.ada.patch(`/webhooks/${id}`, { disabled: true }).json()
    const since = later(clock.now(), -minutes(5)).toISOString()
    expect(await as.ada.post(`/webhooks/${id}/deliveries/${delivery.id}/retry`)).toRefuse(409, 'webhook_disabled')
    expect(await as.ada.post(`/webhooks/${id}/test`)).toRefuse(409, 'webhook_disabled')
    expect(await as.ada.post(`/webhooks/${id}/recover`, { since })).toRefuse(409, 'webhook_disabled')
  })
})

describe('an endpoint recovers', () => {
  test('what has failed since a moment, in order, and nothing that arrived or is older', async () => {
    const { as, go, clock, runJobs } = await stage({ WEBHOOK_RETRY_SCHEDULE: '0' })
    const { state, server } = ailing()
    const { id } = await subscribe(as.ada, server.url)
    await go('too old')
    clock.advance(hours(1))
    const since = clock.now().toISOString()
    clock.advance(seconds(1))
    await go('one')
    await go('two')
    state.well = true
    await go('arrived')
    server.received.length = 0
    await as.ada.signIn()
    const reply = await as.ada.post(`/webhooks/${id}/recover`, { since })
    expect([reply.status, reply.json()]).toEqual([202, { count: 2 }])
    await runJobs()
    expect(texts(server).sort()).toEqual(['one', 'two'])
    expect(await as.ada.post(`/webhooks/${id}/recover`, { since }).json()).toEqual({ count: 0 })
  })

  test('what it has missed while it was off, whoever turned it off', async () => {
    const { as, go, clock, runJobs } = await stage()
    const { state, server } = ailing()
    const { id } = await subscribe(as.ada, server.url)
    await go('under way')
    const since = later(clock.now(), -minutes(1)).toISOString()
    await as.ada.patch(`/webhooks/${id}`, { disabled: true }).json()
    state.well = true
    server.received.length = 0
    await go('missed')
    clock.advance(days(1))
    await runJobs()
    expect(server.received).toEqual([])
    await as.ada.signIn()
    expect(await deliveries(as.ada, id)).toMatchObject([
      { status: 'failed', attempts: [], nextAttemptAt: null },
      { status: 'failed', attempts: [{ statusCode: 500 }], nextAttemptAt: null },
    ])
    await as.ada.patch(`/webhooks/${id}`, { disabled: false }).json()
    expect(await as.ada.post(`/webhooks/${id}/recover`, { since }).json()).toEqual({ count: 2 })
    await runJobs()
    expect(texts(server)).toEqual(['under way', 'missed'])
  })

  test('and after two weeks off, it has not gone on noting what it missed', async () => {
    const { as, go, clock } = await stage()
    const { id } = await subscribe(as.ada, ailing().server.url)
    await as.ada.patch(`/webhooks/${id}`, { disabled: true }).json()
    clock.advance(days(15))
    await go()
    await as.ada.signIn()
    expect(await deliveries(as.ada, id)).toEqual([])
  })
})

test('a test goes to the one endpoint it was asked for, whatever that listens to', async () => {
  const { as, runJobs, userId } = await stage()
  const [one, other] = [listening(), listening()]
  const { id } = await subscribe(as.ada, one.url)
  await subscribe(as.ada, other.url, { events: ['*'] })
  const reply = await as.ada.post(`/webhooks/${id}/test`)
  expect(reply.status).toBe(202)
  expect(reply.json()).toMatchObject({ eventType: 'webhook.test', status: 'pending', attempts: [] })
  await runJobs()
  expect(one.received.map(({ raw }) => JSON.parse(raw))).toMatchObject([
    { type: 'webhook.test', data: { userId, webhookId: id } },
  ])
  expect(other.received.map(({ raw }) => JSON.parse(raw).type)).not.toContain('webhook.test')
})

test('deliveries are listed in pages, newest first, and can be filtered', async () => {
  const { as, go } = await stage({ WEBHOOK_RETRY_SCHEDULE: '0' })
  const server = listening((_, count) => new Response(null, { status: count % 2 ? 200 : 500 }))
  const { id } = await subscribe(as.ada, server.url)
  for (let i = 0; i < 5; i++) await go(String(i))
  const get = (query: Record<string, string | number>) => as.ada.get(`/webhooks/${id}/deliveries`, { query })
  const first = await get({ limit: 2 }).json()
  const second = await get({ limit: 2, cursor: first.meta.nextCursor }).json()
  expect(new Set([...first.data, ...second.data].map((one: Json) => one.id)).size).toBe(4)
  expect((await get({ status: 'failed' }).json()).data).toHaveLength(2)
  expect((await get({ eventType: 'thing.happened' }).json()).data).toHaveLength(5)
  expect((await get({ eventType: 'user.updated' }).json()).data).toHaveLength(0)
  expect(await get({ status: 'lost' })).toRefuse(422, 'validation_failed')
  expect(await get({ status: 'failed', cursor: first.meta.nextCursor })).toRefuse(422, 'validation_failed')
})

describe('who owns an endpoint', () => {
  test('and is banned gets nothing; neither does who may not have everybody’s events any more', async () => {
    const { app, as, go, userId, person } = await stage()
    const [own, all] = [listening(), listening()]
    await subscribe(as.ada, own.url)
    const grace = person('grace', { role: 'admin' })
    await subscribe(grace, all.url, { scope: 'app' })
    await go('before')
    const change = (id: string, fields: Partial<typeof users.$inferInsert>) =>
      app.database.transaction(async (tx) => void (await tx.update(users).set(fields).where(eq(users.id, id))), {
        bookkeeping: true,
      })
    await change(await grace.id(), { role: 'user' })
    await change(userId, { bannedAt: app.clock.now() })
    await go('after')
    expect([texts(own), texts(all)]).toEqual([['before'], ['before']])
  })

  test('and loses the right to it while something waits: what waits is not sent', async () => {
    const { app, as, go, clock, runJobs, userId } = await stage()
    const { state, server } = ailing()
    const { id } = await subscribe(as.ada, server.url)
    await go()
    await app.database.transaction(
      async (tx) =>
        void (await tx
          .update(users)
          .set({ bannedAt: clock.now(), bannedUntil: later(clock.now(), minutes(1)) })
          .where(eq(users.id, userId))),
      { bookkeeping: true },
    )
    state.well = true
    clock.advance(seconds(10))
    await runJobs()
    expect(server.received).toHaveLength(1)
    clock.advance(minutes(2))
    await as.ada.signIn()
    expect(await deliveries(as.ada, id)).toMatchObject([{ status: 'failed' }])
  })

  test('and is erased leaves nothing behind; others hear that they are gone, and no more', async () => {
    const { app, as, go, userId, runJobs } = await stage()
    const [own, all] = [listening(), listening(() => new Response('Ada said hello', { status: 200 }))]
    await subscribe(as.ada, own.url, { events: ['*'] })
    const { id } = await subscribe(as.admin, all.url, { scope: 'app', events: ['thing.happened', 'user.deleted'] })
    await go()
    const heard = own.received.length
    await erase(systemContext(app, 'test'), userId)
    await runJobs()
    expect(own.received).toHaveLength(heard)
    const last = JSON.parse(all.received.at(-1)?.raw ?? '{}')
    expect(last).toMatchObject({ type: 'user.deleted', data: { userId, erased: true } })
    expect(JSON.stringify(last)).not.toContain('ada@example.com')
    const kept = await deliveries(as.admin, id)
    expect(kept.find(({ eventType }) => eventType === 'thing.happened').attempts).toEqual([])
    expect(await app.db.all('select id from webhooks')).toHaveLength(1)
  })

  test('gets them with everything else that is held about them, without secrets', async () => {
    const { app, as, go, userId } = await stage()
    const { id, secret } = await subscribe(as.ada, listening().url)
    await go()
    const feature = app.features.find(({ name }) => name === 'webhooks')
    const files = await feature?.exportUser?.(systemContext(app, 'test'), userId)
    expect(files).toMatchObject({
      'webhooks.json': [{ id, events: ['thing.happened'] }],
      'webhook-deliveries.json': [{ webhookId: id, eventType: 'thing.happened', status: 'delivered' }],
    })
    expect(JSON.stringify(files)).not.toContain(secret.slice(6))
  })
})

describe('upkeep', () => {
  test('removes deliveries after a month, but none that is still to be sent', async () => {
    const { app, as, go, clock } = await stage({ WEBHOOK_RETRY_SCHEDULE: '0,9000000' })
    const { id } = await subscribe(as.ada, listening().url)
    const waiting = await subscribe(as.ada, ailing().server.url)
    await go()
    clock.advance(days(31))
    await purge.run(systemContext(app, 'test'), {}, task)
    await as.ada.signIn()
    expect(await deliveries(as.ada, id)).toEqual([])
    expect(await deliveries(as.ada, waiting.id)).toHaveLength(1)
  })

  test('finds endpoints whose job was discarded', async () => {
    const { app, as, userId, clock, runJobs } = await stage()
    const server = listening()
    await subscribe(as.ada, server.url)
    const fanOutOnly = async () => {
      await happen(app, { userId })
      const jobs = await app.db.all<{ name: string }>("select name from jobs where status = 'waiting'")
      expect(jobs).toEqual([{ name: 'webhooks.fan-out' }])
    }
    await fanOutOnly()
    await runJobs()
    await app.database.transaction(
      async (tx) => {
        await tx.run("update webhook_deliveries set status = 'pending', next_attempt_at = 0")
        await tx.run("update webhooks set lane = 'discarded', lane_at = 0")
      },
      { bookkeeping: true },
    )
    await sweep.run(systemContext(app, 'test'), {}, task)
    clock.advance(seconds(1))
    await runJobs()
    expect(server.received).toHaveLength(2)
  })
})

const task = { id: 'x', attempt: 1, maxAttempts: 1, signal: new AbortController().signal, progress: () => {} }

test('a receiver that was slow is served apart, and comes back once it is quick', async () => {
  const { app, as, go, clock, runJobs } = await stage(
    { WEBHOOK_RETRY_SCHEDULE: '0,1,1,1,1' },
    { outbound: { timeout: 6_000 } },
  )
  let hangs = true
  const server = await bad((socket) => {
    if (!hangs) socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n')
  })
  const { id } = await subscribe(as.ada, server.url)
  await go()
  const lanes = () =>
    app.db.all<{ name: string }>("select distinct name from jobs where name like 'webhooks.%lane' and status <> 'done'")
  expect(await lanes()).toEqual([{ name: 'webhooks.slow-lane' }])
  hangs = false
  clock.advance(seconds(5))
  await runJobs()
  expect(await deliveries(as.ada, id)).toMatchObject([
    { status: 'delivered', attempts: [{ error: 'timeout' }, { statusCode: 204 }] },
  ])
  await go()
  expect(await app.db.all('select slow from webhooks')).toEqual([{ slow: 0 }])
}, 15_000)
