import { Database as Sqlite } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { days, hours, later, minutes } from '#core'
import { type Json, testApp } from '#tests'
import { INSIDE, NO_WEBHOOK } from '../../../tests/support/inside'
import { listening, stage, subscribe } from '../../../tests/support/webhooks'

const HOOK = { url: 'https://hooks.example.com/keel?key=abc', events: ['user.*'] }
/** Nothing here leads anywhere. */
const nowhere = { outbound: { resolve: async () => ['93.184.215.14'] } }
const here = (env: Record<string, string> = {}) => testApp({ ...nowhere, env: { RATE_LIMIT: 'off', ...env } })
const NOBODY = '0193a3f0-7c1e-7c4e-9d2b-5f1e8a6b3c4d'
const changes = (id: string, deliveryId = NOBODY) =>
  [
    ['GET', `/webhooks/${id}`],
    ['PATCH', `/webhooks/${id}`, { disabled: true }],
    ['DELETE', `/webhooks/${id}`],
    ['POST', `/webhooks/${id}/rotate-secret`],
    ['POST', `/webhooks/${id}/test`],
    ['POST', `/webhooks/${id}/recover`, { since: new Date().toISOString() }],
    ['GET', `/webhooks/${id}/deliveries`],
    ['POST', `/webhooks/${id}/deliveries/${deliveryId}/retry`],
  ] as const

describe('an endpoint', () => {
  // bar 171
  test('is made with a secret of its own, which is shown once and kept sealed', async () => {
    const { as, config } = await here()
    const made = await as.ada.post('/webhooks', { ...HOOK, description: 'CRM' })
    expect(made.status).toBe(201)
    const { secret, ...webhook } = made.json()
    expect(webhook).toEqual({
      id: expect.any(String),
      ...HOOK,
      description: 'CRM',
      scope: 'own',
      disabled: false,
      disabledAt: null,
      disabledReason: null,
      failingSince: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    })
    expect(secret).toStartWith('whsec_')
    const bytes = Buffer.from(secret.slice(6), 'base64').length
    expect([bytes >= 24, bytes <= 64]).toEqual([true, true])
    const other = await as.ada.post('/webhooks', HOOK).json()
    expect(other.secret).not.toBe(secret)
    expect(await as.ada.get(`/webhooks/${webhook.id}`).json()).toEqual(webhook)
    const rotated = await as.ada.post(`/webhooks/${webhook.id}/rotate-secret`).json()
    for (const reply of [await as.ada.get('/webhooks'), await as.ada.get(`/webhooks/${webhook.id}`)])
      expect(reply.text).not.toContain('whsec_')
    const file = await Bun.file(join(config.dataDir, 'keel.db-wal')).text()
    for (const word of [secret, rotated.secret, other.secret]) {
      expect(file).not.toContain(word.slice(6))
      expect(file).not.toContain(Buffer.from(word.slice(6), 'base64').toString('latin1'))
    }
  })

  test('is listed in pages, changed, turned off and on, and deleted', async () => {
    const { as } = await here()
    const ids = []
    for (let i = 0; i < 3; i++) ids.push((await as.ada.post('/webhooks', HOOK).json()).id)
    const first = await as.ada.get('/webhooks', { query: { limit: 2, count: true } })
    expect(first.json().meta).toMatchObject({ limit: 2, total: 3 })
    expect(first.headers.get('link')).toContain('rel="next"')
    const { nextCursor } = first.json().meta
    const second = await as.ada.get('/webhooks', { query: { limit: 2, cursor: nextCursor } }).json()
    expect([...first.json().data, ...second.data].map((hook: Json) => hook.id)).toEqual(ids.toReversed())

    const change = { url: 'https://other.example.com/', events: ['*'], description: null }
    expect(await as.ada.patch(`/webhooks/${ids[0]}`, change).json()).toMatchObject(change)
    expect(await as.ada.patch(`/webhooks/${ids[0]}`, { disabled: true }).json()).toMatchObject({
      disabled: true,
      disabledReason: 'owner',
    })
    expect(await as.ada.patch(`/webhooks/${ids[0]}`, { disabled: false }).json()).toMatchObject({
      disabled: false,
      disabledAt: null,
      disabledReason: null,
    })
    expect((await as.ada.delete(`/webhooks/${ids[0]}`)).status).toBe(204)
    expect(await as.ada.get(`/webhooks/${ids[0]}`)).toRefuse(404, 'webhook_not_found')
  })

  // bar 184
  test('of somebody else is not there, and neither is one that never was', async () => {
    const { as } = await here()
    const { id } = await as.ada.post('/webhooks', HOOK).json()
    for (const [person, target] of [
      [as.bob, id],
      [as.admin, id],
      [as.ada, NOBODY],
    ] as const)
      for (const [method, path, body] of changes(target))
        expect(await person.send(method, path, body)).toRefuse(404, 'webhook_not_found')
    expect(await as.ada.get(`/webhooks/${id}`).json()).toMatchObject({ disabled: false })
    expect((await as.bob.get('/webhooks').json()).data).toEqual([])
    const delivery = await as.ada.post(`/webhooks/${id}/deliveries/${NOBODY}/retry`)
    expect(delivery).toRefuse(404, 'delivery_not_found')
  })

  test('that gets everybody’s events is for those who hold webhooks:manage, and they share it', async () => {
    const { as, person } = await here()
    expect(await as.ada.post('/webhooks', { ...HOOK, scope: 'app' })).toRefuse(403, 'forbidden')
    const { id } = await as.admin.post('/webhooks', { ...HOOK, scope: 'app' }).json()
    expect(await as.ada.get(`/webhooks/${id}`)).toRefuse(404, 'webhook_not_found')
    const other = person('grace', { role: 'admin' })
    expect(await other.get(`/webhooks/${id}`).json()).toMatchObject({ scope: 'app' })
    expect((await other.get('/webhooks').json()).data).toHaveLength(1)
  })

  test('needs somebody who is signed in and verified', async () => {
    const { anon, person } = await here()
    const carol = person('carol', { verified: false })
    for (const [method, path, body] of [
      ...changes(NOBODY),
      ['GET', '/webhooks'],
      ['GET', '/webhooks/event-types'],
    ] as const)
      expect(await anon.send(method, path, body)).toRefuse(401, 'unauthenticated')
    expect(await anon.post('/webhooks', HOOK)).toRefuse(401, 'unauthenticated')
    expect(await carol.post('/webhooks', HOOK)).toRefuse(403, 'email_not_verified')
    for (const [method, path, body] of changes(NOBODY).filter(([each]) => each === 'POST' || each === 'PATCH'))
      expect(await carol.send(method, path, body)).toRefuse(403, 'email_not_verified')
  })

  test('is one of at most twenty', async () => {
    const { as, race } = await here()
    const made = await race(30, () => ({ as: as.ada, method: 'POST', path: '/webhooks', body: HOOK }))
    expect(made.filter(({ status }) => status === 201)).toHaveLength(20)
    for (const reply of made.filter(({ status }) => status !== 201))
      expect(reply).toRefuse(409, 'webhook_limit_reached')
  })

  // bar 143, bar 184
  test('can be tested and changed only so often', async () => {
    const { as } = await here({ RATE_LIMIT: 'on' })
    const { id } = await as.ada.post('/webhooks', HOOK).json()
    const codes = new Set<number>()
    for (let i = 0; i < 25; i++) codes.add((await as.ada.post(`/webhooks/${id}/test`)).status)
    expect([...codes]).toEqual([202, 429])
    expect(await as.ada.post(`/webhooks/${id}/recover`, { since: new Date().toISOString() })).toRefuse(
      429,
      'rate_limited',
    )
  })

  // bar 184
  test('leaves in the audit log who did what to it, without the URL or a secret', async () => {
    const { as, runJobs, config, userId, clock } = await stage({}, { outbound: {} })
    const server = listening(() => new Response('', { status: 500 }))
    const { id, secret } = await subscribe(as.ada, `${server.url}/private-path?key=hidden-key`)
    const { id: deliveryId } = await as.ada.post(`/webhooks/${id}/test`).json()
    await runJobs()
    await as.ada.post(`/webhooks/${id}/deliveries/${deliveryId}/retry`).json()
    await as.ada.post(`/webhooks/${id}/recover`, { since: later(clock.now(), -1000).toISOString() }).json()
    await as.ada.post(`/webhooks/${id}/rotate-secret`).json()
    await as.ada.patch(`/webhooks/${id}`, { disabled: true }).json()
    await as.ada.delete(`/webhooks/${id}`)
    const rows = eventsIn(config.dataDir).filter(({ type }) => type.startsWith('webhook.'))
    expect(rows.map(({ type }) => type)).toEqual([
      'webhook.created',
      'webhook.test',
      'webhook.delivery_retried',
      'webhook.recovered',
      'webhook.secret_rotated',
      'webhook.updated',
      'webhook.disabled',
      'webhook.deleted',
    ])
    for (const row of rows) {
      expect(row).toMatchObject({ actor_id: userId, user_id: userId, subject_type: 'webhook', subject_id: id })
      for (const word of ['hidden-key', 'private-path', secret.slice(6)]) expect(row.payload).not.toContain(word)
    }
  })
})

const eventsIn = (dataDir: string) => {
  const db = new Sqlite(join(dataDir, 'keel.db'), { readonly: true })
  const rows = db.query<Record<string, string>, []>('select * from events order by seq').all()
  db.close()
  return rows as { type: string; payload: string }[]
}

describe('refused with 422', () => {
  // bar 176, bar 179
  test('is every URL that leads inside or is none, when an endpoint is made and when it is changed', async () => {
    const { as, app } = await testApp({ env: { RATE_LIMIT: 'off' } })
    const canary = listening()
    const { id } = await as.ada.post('/webhooks', { ...HOOK, url: 'https://93.184.215.14/hook' }).json()
    const before = app.config.webhook
    expect(before).toMatchObject({ allowHttp: false, allowPrivate: false })
    for (const template of [...INSIDE, ...NO_WEBHOOK, '', 'x']) {
      const url = template.replace('PORT', String(canary.port))
      for (const reply of [
        await as.ada.post('/webhooks', { ...HOOK, url }),
        await as.ada.patch(`/webhooks/${id}`, { url }),
      ]) {
        expect([url, reply.status]).toEqual([url, 422])
        expect(reply.json()).toMatchObject({ code: 'validation_failed', errors: [{ path: '/url' }] })
      }
    }
    expect(canary.received).toEqual([])
    expect(await as.ada.get(`/webhooks/${id}`).json()).toMatchObject({ url: 'https://93.184.215.14/hook' })
  })

  // bar 177
  test('is a name that resolves to an address inside', async () => {
    const { as } = await testApp({ outbound: { resolve: async () => ['93.184.215.14', '10.0.0.1'] } })
    const reply = await as.ada.post('/webhooks', HOOK)
    expect(reply).toRefuse(422, 'validation_failed')
    expect(reply.text).not.toContain('10.0.0.1')
  })

  test.each([
    ['/events', { events: [] }],
    ['/events', { events: 'user.*' }],
    ['/events', { events: Array.from({ length: 51 }, (_, i) => `user.${'a'.repeat(i + 1)}`) }],
    ['/events', { events: ['user.*', 'user.*'] }],
    ['/events/0', { events: ['user'] }],
    ['/events/0', { events: ['*.created'] }],
    ['/events/1', { events: ['user.updated', 'user.exploded'] }],
    ['/events/0', { events: ['nobody.*'] }],
    ['/events/0', { events: ['session.sign_in_failed'] }],
    ['/description', { description: 'two\nlines' }],
    ['/description', { description: 'a'.repeat(201) }],
    ['/scope', { scope: 'all' }],
    ['/url', { url: 7 }],
    ['/url', { url: undefined }],
  ])('is a field that is not as it has to be: %s', async (path, fields) => {
    const { as } = await here()
    const reply = await as.ada.post('/webhooks', { ...HOOK, ...fields })
    expect(reply).toRefuse(422, 'validation_failed')
    expect(reply.json().errors.map((error: Json) => error.path)).toContain(path)
  })

  test('is a change of nothing, and a time to recover from that is too long ago, to come, or none', async () => {
    const { as, clock } = await here()
    const { id } = await as.ada.post('/webhooks', HOOK).json()
    expect(await as.ada.patch(`/webhooks/${id}`, {})).toRefuse(422, 'nothing_to_change')
    const times = [-days(15), minutes(5)].map((shift) => later(clock.now(), shift).toISOString())
    for (const since of [...times, 'yesterday', '', 5, null]) {
      const reply = await as.ada.post(`/webhooks/${id}/recover`, { since })
      expect([since, reply.status, reply.json().errors?.[0]?.path]).toEqual([since, 422, '/since'])
    }
  })
})

// bar 176, bar 177
test('an endpoint whose name leads inside later is not called, whatever was found when it was made', async () => {
  let address = '93.184.215.14'
  const canary = listening()
  const { as, runJobs } = await testApp({
    env: { WEBHOOK_ALLOW_HTTP: 'on' },
    outbound: { resolve: async () => [address] },
  })
  const url = `http://hooks.example.com:${canary.port}/`
  const { id } = await as.ada.post('/webhooks', { url, events: ['*'] }).json()
  address = '127.0.0.1'
  await as.ada.post(`/webhooks/${id}/test`).json()
  await runJobs()
  expect(canary.received).toEqual([])
  const reply = await as.ada.get(`/webhooks/${id}/deliveries`)
  expect(reply.json().data).toMatchObject([{ status: 'pending', attempts: [{ error: 'private_address' }] }])
  expect(reply.text).not.toContain('127.0.0.1')
})

// bar 176
test('a URL inside that is in the table, however it came there, is not called', async () => {
  const { as, runJobs, app, config } = await testApp(nowhere)
  const canary = listening()
  const { id } = await as.ada.post('/webhooks', { ...HOOK, events: ['*'] }).json()
  // The contract of `outbound` goes through all of them; here it is enough to see that it is asked.
  const some = INSIDE.filter((_, i) => i % 7 === 0)
  const urls = some.map((template) => template.replace('PORT', String(canary.port)))
  for (const url of [...urls, 'file:///etc/passwd', `http://127.0.0.1:${canary.port}/`]) {
    await app.database.transaction(
      async (tx) => void (await tx.run(`update webhooks set url = '${url}' where id = '${id}'`)),
      {
        bookkeeping: true,
      },
    )
    const event = await happenOnce()
    expect(event).toBe(true)
  }
  expect(canary.received).toEqual([])
  const db = new Sqlite(join(config.dataDir, 'keel.db'), { readonly: true })
  const kinds = db.query("select distinct json_extract(attempts, '$[0].error') as error from webhook_deliveries").all()
  db.close()
  expect(kinds).toEqual(expect.arrayContaining([{ error: 'private_address' }, { error: 'invalid_url' }]))
  expect(kinds).toHaveLength(2)

  async function happenOnce() {
    await as.ada.patch('/users/me', { name: `Ada ${Math.random()}` }).json()
    return (await runJobs()) > 0
  }
})

// bar 179
test('production does not start with http or private addresses allowed', async () => {
  for (const name of ['WEBHOOK_ALLOW_HTTP', 'WEBHOOK_ALLOW_PRIVATE'])
    await expect(testApp({ env: { NODE_ENV: 'production', [name]: 'on' } })).rejects.toThrow(name)
})

test('the types of events are listed with the schema of what they carry', async () => {
  const { as } = await here()
  const { data } = await as.ada.get('/webhooks/event-types').json()
  const types = data.map(({ type }: Json) => type)
  expect(types).toContain('user.registered')
  expect(types).toContain('webhook.test')
  expect(types).not.toContain('session.sign_in_failed')
  const registered = data.find(({ type }: Json) => type === 'user.registered')
  expect(registered.schema).toMatchObject({
    type: 'object',
    properties: { userId: { format: 'uuid' }, name: {}, email: {} },
  })
})

test('the document says what is sent for each of them', async () => {
  const { as, outside } = await here()
  const { webhooks } = await outside.get('/swagger/json').json()
  const { data } = await as.ada.get('/webhooks/event-types').json()
  expect(Object.keys(webhooks).sort()).toEqual(data.map(({ type }: Json) => type).sort())
})

// bar 235
test('secrets are in no log line, job, event or delivery', async () => {
  const lines: unknown[] = []
  const note = (...given: unknown[]) => void lines.push(given)
  const log = { debug: note, info: note, warn: note, error: note, access: note, child: () => log }
  const { as, go, config, clock } = await stage({ LOG_LEVEL: 'debug' }, { log })
  const server = listening(({ headers }) => new Response(headers['webhook-id'], { status: 500 }))
  const { id, secret } = await subscribe(as.ada, `${server.url}/?key=marked-key`)
  const rotated = await as.ada.post(`/webhooks/${id}/rotate-secret`).json()
  await go()
  clock.advance(hours(1))
  await go()
  const db = new Sqlite(join(config.dataDir, 'keel.db'), { readonly: true })
  const tables = ['jobs', 'events', 'webhook_deliveries', 'emails', 'idempotency_keys']
  const kept = tables.map((table) => JSON.stringify(db.query(`select * from ${table}`).all()))
  db.close()
  for (const word of [secret.slice(6), rotated.secret.slice(6), 'marked-key'])
    for (const text of [...kept, JSON.stringify(lines)]) expect(text).not.toContain(word)
})
