import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { t } from 'elysia'
import { type App, days, defineEvent, defineFailures, defineFeature, newId, t as schema } from '#core'
import { journal, transaction } from '#db'
import { router } from '#http'
import { testApp } from '#tests'
import { idempotencyKeys } from '../adapters/idempotency/schema'
import { events } from '../adapters/journal/schema'
import * as list from '../features'

const placed = defineEvent('order.placed', {
  payload: schema.Object({ id: schema.String(), item: schema.String() }),
  subject: ({ id }) => ({ type: 'order', id }),
  summary: 'placed an order',
})
const failures = defineFailures({
  SOLD_OUT: ['conflict', 'There is none left.'],
  TOO_FAST: ['rate_limited', 'Wait a little.'],
})
const Order = t.Object({ id: t.String(), item: t.String() })

/** Orders: one journal row for each that took place. */
const orders = defineFeature({
  name: 'orders',
  events: [placed],
  failures,
  routes: (app: App) =>
    router(app, '/orders')
      .post(
        '/',
        async ({ ctx, body, set, status }) => {
          const order = { id: newId(), item: body.item }
          if (body.item === 'sold out') throw failures.SOLD_OUT()
          if (body.item === 'later') throw failures.TOO_FAST()
          if (body.item === 'breaks before') throw new Error('before')
          await transaction(ctx, async (tx) => void (await journal.record(tx, ctx, placed, order)))
          if (body.item === 'breaks after') throw new Error('after')
          if (body.item === 'too fast') throw failures.TOO_FAST()
          set.headers.location = `/orders/${order.id}`
          return status(201, order)
        },
        {
          auth: 'user',
          body: t.Object({ item: t.String() }),
          response: { 201: Order },
        },
      )
      .post(
        '/upload',
        async ({ ctx, body, status }) => {
          const order = { id: newId(), item: body.file[0].name }
          await transaction(ctx, async (tx) => void (await journal.record(tx, ctx, placed, order)))
          return status(201, order)
        },
        { auth: 'user', upload: 1024 * 1024, body: t.Object({ file: t.Any() }), response: { 201: Order } },
      )
      .post('/cancel', ({ status }) => status(204, undefined), { auth: 'user', response: { 204: t.Void() } }),
})

const setUp = async () => {
  const world = await testApp({ features: [...Object.values(list), orders] })
  const { app } = world
  const count = () => app.db.$count(events, eq(events.type, 'order.placed'))
  return { ...world, count, key: (value: string) => ({ headers: { 'idempotency-key': value } }) }
}

describe('the same key', () => {
  // bar 187
  test('with the same body gets the same reply, marked, and one effect', async () => {
    const { as, count, key } = await setUp()
    const first = await as.ada.post('/orders', { item: 'tea' }, key('k-1'))
    const second = await as.ada.post('/orders', { item: 'tea' }, key('k-1'))
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.text).toBe(first.text)
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect([first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')]).toEqual([
      null,
      'true',
    ])
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(second.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await count()).toBe(1)
  })

  // bar 187
  test('with another body, query or path is refused', async () => {
    const { as, count, key } = await setUp()
    await as.ada.post('/orders', { item: 'tea' }, key('k-1'))
    expect(await as.ada.post('/orders', { item: 'coffee' }, key('k-1'))).toRefuse(422, 'idempotency_key_reused')
    expect(await as.ada.post('/orders?x=1', { item: 'tea' }, key('k-1'))).toRefuse(422, 'idempotency_key_reused')
    expect(await as.ada.post('/orders/cancel', undefined, key('k-1'))).toRefuse(422, 'idempotency_key_reused')
    expect(await count()).toBe(1)
  })

  // bar 187
  test('30 times at once runs once; the others are told to wait or get the reply', async () => {
    const { as, race, count } = await setUp()
    for (let round = 0; round < 5; round++) {
      const replies = await race(30, () => ({
        method: 'POST',
        path: '/orders',
        as: as.ada,
        headers: { 'idempotency-key': `k-${round}` },
        body: { item: 'tea' },
      }))
      for (const reply of replies) expect([201, 409]).toContain(reply.status)
      for (const reply of replies.filter(({ status }) => status === 409)) {
        expect(reply).toRefuse(409, 'request_in_progress')
        expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
      }
      expect(new Set(replies.filter(({ status }) => status === 201).map(({ text }) => text)).size).toBe(1)
      expect(await count()).toBe(round + 1)
    }
  })

  // bar 187
  test('of somebody else is another key', async () => {
    const { as, count, key } = await setUp()
    const ada = await as.ada.post('/orders', { item: 'tea' }, key('k-1'))
    const bob = await as.bob.post('/orders', { item: 'coffee' }, key('k-1'))
    expect([ada.status, bob.status]).toEqual([201, 201])
    expect(await count()).toBe(2)
  })

  test('with a form is the same form, although its boundary differs', async () => {
    const { as, count, key } = await setUp()
    const form = (content: string) => {
      const data = new FormData()
      data.append('file', new File([content], 'a.txt', { type: 'text/plain' }))
      return data
    }
    const first = await as.ada.post('/orders/upload', form('one'), key('k-1'))
    const second = await as.ada.post('/orders/upload', form('one'), key('k-1'))
    expect([first.status, second.text]).toEqual([201, first.text])
    expect(await as.ada.post('/orders/upload', form('two'), key('k-1'))).toRefuse(422, 'idempotency_key_reused')
    expect(await count()).toBe(1)
  })

  test('works for replies without a body', async () => {
    const { as, key } = await setUp()
    await as.ada.post('/orders/cancel', undefined, key('k-1'))
    const again = await as.ada.post('/orders/cancel', undefined, key('k-1'))
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([204, '', 'true'])
  })
})

describe('a key', () => {
  // bar 187
  test.each(['', ' ', 'a b', 'a'.repeat(256), 'käse'])('%p is refused', async (value) => {
    const { as, count } = await setUp()
    const reply = await as.ada.post('/orders', { item: 'tea' }, { headers: { 'idempotency-key': value } })
    expect(reply).toRefuse(400, 'invalid_idempotency_key')
    expect(await count()).toBe(0)
  })

  test('of 255 characters is fine', async () => {
    const { as, key } = await setUp()
    expect((await as.ada.post('/orders', { item: 'tea' }, key('~'.repeat(255)))).status).toBe(201)
  })

  test('means nothing to strangers and on other methods', async () => {
    const { anon, as, key } = await setUp()
    expect(await anon.post('/orders', { item: 'tea' }, key('k-1'))).toRefuse(401, 'unauthenticated')
    expect((await as.ada.get('/users/me', key('k-1'))).status).toBe(200)
    expect((await as.ada.get('/users/me', key('k-1'))).headers.get('idempotent-replayed')).toBeNull()
  })

  test('does not get around the size of a body', async () => {
    const { as, key } = await setUp()
    expect(await as.ada.post('/orders', { item: 'x'.repeat(1024 * 1024) }, key('k-1'))).toRefuse(
      413,
      'payload_too_large',
    )
  })
})

describe('what is kept', () => {
  test('a refusal is given again', async () => {
    const { as, key } = await setUp()
    expect(await as.ada.post('/orders', { item: 'sold out' }, key('k-1'))).toRefuse(409, 'sold_out')
    const again = await as.ada.post('/orders', { item: 'sold out' }, key('k-1'))
    expect([again.status, again.json().code]).toEqual([409, 'sold_out'])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  test('an error of ours is not: the next attempt runs', async () => {
    const { as, key } = await setUp()
    for (let n = 0; n < 2; n++) {
      const reply = await as.ada.post('/orders', { item: 'breaks before' }, key('k-1'))
      expect(reply).toRefuse(500, 'internal_error')
      expect(reply.headers.get('idempotent-replayed')).toBeNull()
    }
  })

  // bar 188
  test('but an error after the effect is not repeated: its reply is lost', async () => {
    const { as, count, key } = await setUp()
    expect(await as.ada.post('/orders', { item: 'breaks after' }, key('k-1'))).toRefuse(500, 'internal_error')
    expect(await as.ada.post('/orders', { item: 'breaks after' }, key('k-1'))).toRefuse(409, 'reply_lost')
    expect(await count()).toBe(1)
  })

  test('"too many requests" is not', async () => {
    const { as, key } = await setUp()
    for (const item of ['later', 'too fast']) {
      expect(await as.ada.post('/orders', { item }, key(`k ${item}`.replaceAll(' ', '-')))).toRefuse(429, 'too_fast')
      expect(await as.ada.post('/orders', { item }, key(`k ${item}`.replaceAll(' ', '-')))).toRefuse(429, 'too_fast')
    }
  })

  test('cannot be read in the database: neither key nor body nor reply', async () => {
    const { app, as, key } = await setUp()
    const order = await as.ada
      .post('/orders', { item: 'a very secret tea' }, key('a-telling-key'))
      .then((reply) => reply.json())
    const rows = await app.db.select().from(idempotencyKeys)
    expect(rows).toHaveLength(1)
    const dump = rows
      .map((row) =>
        Object.values(row)
          .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
          .join('\n'),
      )
      .join('\n')
    for (const secret of ['secret tea', 'a-telling-key', order.id]) expect(dump).not.toContain(secret)
  })

  test('goes after its day', async () => {
    const { app, as, clock, key, runJobs } = await setUp()
    await as.ada.post('/orders', { item: 'tea' }, key('k-1'))
    clock.advance(days(1) + 1000 * 3600)
    await runJobs()
    expect(await app.db.$count(idempotencyKeys)).toBe(0)
  })
})
