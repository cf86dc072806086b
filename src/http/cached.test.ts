import { afterEach, describe, expect, setSystemTime, test } from 'bun:test'
import { t } from 'elysia'
import { type App, type Context, defineEvent, defineFailures, defineFeature, minutes, seconds } from '#core'
import { bookkeeping, journal } from '#db'
import { auth } from '#features/auth'
import { users } from '#features/users'
import { router } from '#http'
import { type TestOptions, testApp } from '#tests'

const failures = defineFailures({ GONE_AWAY: ['not_found', 'It has gone away.'] })
const changed = defineEvent('stage.changed', {
  payload: t.Object({ userId: t.Optional(t.String()) }),
  subject: () => ({ type: 'stage', id: 'all' }),
  about: ({ userId }) => userId,
  summary: 'changed it',
})
const Said = t.Object({ said: t.String(), calls: t.Number() })

/** Routes that say how often they were really asked. */
const stage = async (options: TestOptions = {}) => {
  const state = { calls: 0, value: 'first', fails: '' as '' | 'refusal' | 'bug', gate: Promise.resolve() }
  const say = async (said: string) => {
    await state.gate
    state.calls += 1
    if (state.fails === 'refusal') throw failures.GONE_AWAY()
    if (state.fails === 'bug') throw new Error('A bug')
    return { said, calls: state.calls }
  }
  const ttl = minutes(1)
  const response = { 200: Said }
  const who = (ctx: Context) => (ctx.actor.type === 'user' ? ctx.actor.name : ctx.actor.type)
  const routes = (app: App) =>
    router(app, '/stage')
      .get('/open', ({ request }) => say(`${state.value} ${request.headers.get('x-forwarded-host') ?? ''}`.trim()), {
        public: true,
        cached: { ttl, tags: ['stage.*'] },
        fails: [failures.GONE_AWAY],
        response,
      })
      .get('/patient', () => say(state.value), { public: true, cached: { ttl, grace: minutes(5) }, response })
      .get('/found', ({ query }) => say(query.q), {
        public: true,
        cached: { ttl },
        query: t.Object({ q: t.String({ maxLength: 10 }) }),
        response,
      })
      .get('/mine', ({ ctx }) => say(who(ctx)), { auth: 'user', cached: { ttl }, response })
      .get('/staff', () => say(state.value), {
        permission: 'users:read',
        cached: { ttl, per: 'everybody', tags: ['stage.changed'] },
        response,
      })
  const feature = defineFeature({ name: 'stage', routes, failures, events: [changed] })
  const started = await testApp({ features: [auth, users, feature], ...options })
  const change = (userId?: string) =>
    bookkeeping(started.app, (tx) =>
      journal.record(tx, systemContextOf(started.app), changed, userId === undefined ? {} : { userId }),
    )
  return { ...started, state, change }
}

const systemContextOf = (app: App): Context =>
  Object.assign(Object.create(app), { actor: { type: 'system', name: 'test' }, now: app.clock.now() })

const marks = ({ headers }: { headers: Headers }) => headers.get('x-cache')

describe('a cached reply', () => {
  afterEach(() => void setSystemTime())

  test('is made once, and says so', async () => {
    const { anon, state } = await stage()
    const first = await anon.get('/stage/open')
    const second = await anon.get('/stage/open')
    expect([marks(first), marks(second)]).toEqual(['miss', 'hit'])
    expect(second.json()).toEqual({ said: 'first', calls: 1 })
    expect(second.headers.get('content-type')).toStartWith('application/json')
    expect(state.calls).toBe(1)
  })

  test('has the headers of its own request: id, limits, security', async () => {
    const { anon } = await stage()
    const first = await anon.get('/stage/open')
    const second = await anon.get('/stage/open')
    expect(first.headers.get('x-request-id')).not.toBe(second.headers.get('x-request-id'))
    expect(second.headers.get('x-content-type-options')).toBe('nosniff')
    expect(second.headers.get('ratelimit')).toMatch(/"general";r=\d+/)
  })

  test('of a public route has a strong tag and may be kept, if it is asked for again each time', async () => {
    const { anon, state } = await stage()
    const first = await anon.get('/stage/open')
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    expect(first.headers.getSetCookie()).toEqual([])
    expect(first.headers.get('cache-control')).toBe('public, no-cache')
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await anon.get('/stage/open', { headers: { 'if-none-match': known } })
      expect([again.status, again.text, marks(again)]).toEqual([304, '', 'hit'])
      expect(again.headers.get('etag')).toBe(etag)
    }
    expect((await anon.get('/stage/open', { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    expect(state.calls).toBe(1)
  })

  test('is over after its time', async () => {
    const { anon, clock } = await stage()
    await anon.get('/stage/open')
    // The library behind it reads the system's clock.
    clock.advance(seconds(61))
    setSystemTime(clock.now())
    expect(marks(await anon.get('/stage/open'))).toBe('miss')
  })

  // bar 196
  test('is made once for 200 who ask at the same time', async () => {
    const { anon, state } = await stage({ env: { RATE_LIMIT: 'off' } })
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    const asked = Array.from({ length: 200 }, () => anon.get('/stage/open'))
    gate.resolve()
    const replies = await Promise.all(asked)
    expect(state.calls).toBe(1)
    expect(replies.filter((reply) => marks(reply) === 'miss')).toHaveLength(1)
    expect(new Set(replies.map(({ text }) => text))).toEqual(new Set(['{"said":"first","calls":1}']))
    expect(new Set(replies.map(({ headers }) => headers.get('x-request-id'))).size).toBe(200)
  })

  // bar 195
  test('is over at once when an event outdates it', async () => {
    const { anon, state, change } = await stage()
    await anon.get('/stage/open')
    state.value = 'second'
    expect(await anon.get('/stage/open').json()).toMatchObject({ said: 'first' })
    await change()
    const next = await anon.get('/stage/open')
    expect([marks(next), next.json().said]).toEqual(['miss', 'second'])
  })

  test('that was being made when an event outdated it is not kept', async () => {
    const { anon, state, change } = await stage()
    const gate = Promise.withResolvers<void>()
    state.gate = gate.promise
    const early = anon.get('/stage/open').then((reply) => reply)
    await Bun.sleep(0)
    await change()
    gate.resolve()
    await early
    state.value = 'second'
    expect(await anon.get('/stage/open').json()).toMatchObject({ said: 'second' })
  })

  test('is kept apart by the parameters that the route takes, and by no others', async () => {
    const { anon, state } = await stage()
    for (const q of ['a', 'b', 'a', 'b']) await anon.get('/stage/found', { query: { q } })
    expect(state.calls).toBe(2)
    for (const junk of ['1', '2', '3']) {
      const reply = await anon.get('/stage/found', { query: { junk, q: 'a' } })
      expect([marks(reply), reply.json().said]).toEqual(['hit', 'a'])
    }
    expect(await anon.get('/stage/found', { query: { q: 'x'.repeat(11) } })).toRefuse(422, 'validation_failed')
  })

  test('is served stale while it is made anew, or cannot be', async () => {
    const { anon, clock, state } = await stage()
    await anon.get('/stage/patient')
    clock.advance(minutes(2))
    setSystemTime(clock.now())
    state.fails = 'bug'
    const failing = await anon.get('/stage/patient')
    expect([failing.status, marks(failing), failing.json().said]).toEqual([200, 'stale', 'first'])
    state.fails = ''
    state.value = 'second'
    expect(marks(await anon.get('/stage/patient'))).toBe('stale')
    await Bun.sleep(0)
    expect(await anon.get('/stage/patient').json()).toMatchObject({ said: 'second' })
  })

  test('is never a refusal or a failure', async () => {
    const { anon, state } = await stage()
    state.fails = 'refusal'
    expect(await anon.get('/stage/open')).toRefuse(404, 'gone_away')
    state.fails = 'bug'
    expect(await anon.get('/stage/open')).toRefuse(500, 'internal_error')
    state.fails = ''
    const reply = await anon.get('/stage/open')
    expect([reply.status, marks(reply)]).toEqual([200, 'miss'])
  })

  test('is only of GET', async () => {
    const { anon } = await stage()
    await anon.get('/stage/open')
    expect(marks(await anon.head('/stage/open'))).toBeNull()
    expect(await anon.post('/stage/open')).toRefuse(405, 'method_not_allowed')
  })

  test('is still there when the cache is not', async () => {
    const { app, anon } = await stage()
    app.cache.getOrSet = () => Promise.reject(new Error('The cache is down'))
    const reply = await anon.get('/stage/open')
    expect([reply.status, marks(reply)]).toEqual([200, null])
  })
})

describe('what one asked for reaches nobody else', () => {
  // bar 193
  test('a private reply is its caller’s alone', async () => {
    const { anon, as } = await stage()
    const ada = await as.ada.get('/stage/mine')
    expect([marks(ada), ada.json().said]).toEqual(['miss', 'Ada'])
    expect(marks(await as.ada.get('/stage/mine'))).toBe('hit')
    expect(ada.headers.get('cache-control')).toBe('private, no-store')
    const bob = await as.bob.get('/stage/mine')
    expect([marks(bob), bob.json().said]).toEqual(['miss', 'Bob'])
    expect(await anon.get('/stage/mine')).toRefuse(401, 'unauthenticated')
    const etag = ada.headers.get('etag') ?? ''
    expect((await as.bob.get('/stage/mine', { headers: { 'if-none-match': etag } })).status).toBe(200)
    expect(await anon.get('/stage/mine', { headers: { 'if-none-match': etag } })).toRefuse(401, 'unauthenticated')
  })

  test('a private reply is over when something happens to its person', async () => {
    const { as } = await stage()
    await as.ada.get('/stage/mine')
    await as.ada.patch('/users/me', { name: 'Ada Lovelace' })
    const reply = await as.ada.get('/stage/mine')
    expect([marks(reply), reply.json().said]).toEqual(['miss', 'Ada Lovelace'])
  })

  // bar 193
  test('a reply for all who may see it is for no one else', async () => {
    const { anon, as, person, change } = await stage()
    const sue = person('sue', { role: 'support' })
    expect(marks(await as.admin.get('/stage/staff'))).toBe('miss')
    const reply = await sue.get('/stage/staff')
    expect([marks(reply), reply.headers.get('cache-control')]).toEqual(['hit', 'private, no-store'])
    expect(await as.ada.get('/stage/staff')).toRefuse(403, 'forbidden')
    expect(await anon.get('/stage/staff')).toRefuse(401, 'unauthenticated')
    await change()
    expect(marks(await sue.get('/stage/staff'))).toBe('miss')
  })

  // bar 194
  test('a header that is not part of the key has no part in the reply', async () => {
    const { anon } = await stage()
    await anon.get('/stage/open', {
      headers: { 'x-forwarded-host': 'evil.example', 'x-original-url': '/admin', 'accept-language': 'evil' },
    })
    const reply = await anon.get('/stage/open')
    expect([marks(reply), reply.json().said]).toEqual(['hit', 'first'])
  })

  // bar 194
  test('a private page has no public name', async () => {
    const { as } = await stage()
    for (const path of [
      '/stage/mine/x.css',
      '/stage/mine;x.css',
      '/stage/mine%2fx.css',
      '/stage/mine.css',
      '/stage/mine%00.css',
    ])
      expect((await as.ada.get(path)).status).toBe(404)
  })

  test('a script on another origin gets its own permission', async () => {
    const { anon } = await stage({ env: { CORS_ORIGINS: 'https://app.example' } })
    await anon.get('/stage/open', { headers: { origin: 'https://app.example' } })
    const stranger = await anon.get('/stage/open', { headers: { origin: 'https://evil.example' } })
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
    const friend = await anon.get('/stage/open', { headers: { origin: 'https://app.example' } })
    expect(friend.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(friend.headers.get('vary')).toContain('Origin')
  })
})

test('the document tells that a cached route may answer 304', async () => {
  const { outside } = await stage()
  const { paths } = await outside.get('/swagger/json').json()
  const operation = paths['/api/v1/stage/open'].get
  expect(Object.keys(operation.responses)).toContain('304')
  expect(operation.parameters).toContainEqual({ $ref: '#/components/parameters/IfNoneMatch' })
})
