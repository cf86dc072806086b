import { describe, expect, test } from 'bun:test'
import { RECOMMENDED } from '#adapters/passwords/argon2'
import { hours, minutes, seconds } from '#core'
import { router } from '#http'
import { type Client, changeUser, rows, seen, sharedApp, type TestApp, testApp } from '#tests'
import { defineFeature } from '../../core'
import * as list from '../../features'

const WRONG = 'not-the-password-at-all'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const login = (client: Client, email: string, password: string) => client.post('/auth/login', { email, password })

describe('signing in', () => {
  // bar 31
  test('refuses a wrong password, an unknown address, a banned and a deleted account with one answer', async () => {
    const house = await testApp()
    const { anon, as, person } = house
    const gone = person('gone')
    for (const someone of [as.ada, as.bob, gone]) await someone.user()
    await changeUser(house, as.bob.email, { bannedAt: house.clock.now() })
    await changeUser(house, gone.email, { deletedAt: house.clock.now() })
    const wrong = await login(anon, as.ada.email, WRONG)
    expect(wrong).toRefuse(401, 'invalid_credentials')
    for (const [email, password] of [
      ['nobody@example.com', WRONG],
      [as.bob.email, as.bob.password],
      [as.bob.email, WRONG],
      [gone.email, gone.password],
    ] as const) {
      expect(seen(await login(anon, email, password))).toEqual(seen(wrong))
    }
  })

  test('takes an address in any case, and opens a session that tells who it is', async () => {
    const { anon, as } = await shared()
    await as.ada.user()
    const reply = await login(anon, as.ada.email.toUpperCase(), as.ada.password)
    expect(reply.json()).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, user: { email: as.ada.email } })
    expect(reply.headers.get('cache-control')).toContain('no-store')
    expect(reply.headers.has('set-cookie')).toBe(false)
  })

  test('a ban that has run out lets its person in again', async () => {
    const house = await shared()
    const { anon, as, clock } = house
    await as.ada.user()
    await changeUser(house, as.ada.email, {
      bannedAt: clock.now(),
      bannedUntil: new Date(clock.now().getTime() + minutes(5)),
    })
    expect(await login(anon, as.ada.email, as.ada.password)).toRefuse(401, 'invalid_credentials')
    clock.advance(minutes(6))
    expect((await login(anon, as.ada.email, as.ada.password)).status).toBe(200)
  })

  // bar 41
  test('ends the session that it came with, and makes new ids', async () => {
    const { as, withToken } = await shared()
    const before = await as.ada.tokens()
    const planted = withToken(before.accessToken)
    const after = await login(planted, as.ada.email, as.ada.password).json()
    expect(after.refreshToken).not.toBe(before.refreshToken)
    expect(await planted.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await as.bob.post('/auth/refresh-token', { refreshToken: before.refreshToken })).toRefuse(
      401,
      'invalid_refresh_token',
    )
    expect((await withToken(after.accessToken).get('/auth/me')).status).toBe(200)
  })

  // bar 43
  test.each([
    { email: { $ne: null }, password: { $ne: null } },
    { email: ['ada@example.com'], password: WRONG },
    { email: 'ada@example.com', password: 12345678901234 },
    { email: true, password: true },
    { email: null, password: null },
    { email: 'ada@example.com' },
    {},
  ])('%j is refused as it stands', async (body) => {
    const { anon } = await shared()
    expect(await anon.post('/auth/login', body)).toRefuse(422, 'validation_failed')
  })

  // bar 40
  test.each([
    '//auth/login',
    '/auth/login/',
    '/auth/%6cogin',
    '/auth/LOGIN',
    '/Auth/login',
    '/auth/login;x=1',
    '/auth/./login//',
    '/auth/login%20',
  ])('has one path: %s is none', async (path) => {
    const { anon } = await shared()
    const reply = await anon.post(path, { email: 'ada@example.com', password: WRONG })
    expect(reply).toRefuse(404, 'not_found')
  })

  test('from a new kind of device is mailed to the owner, from a known one is not', async () => {
    const { anon, as, mail } = await testApp()
    await as.ada.user()
    const from = (userAgent: string) => anon.with({ 'user-agent': userAgent })
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    const count = async () => (await mail.to(as.ada.email)).filter(({ template }) => template === 'new-device').length
    await login(from(firefox), as.ada.email, as.ada.password).json()
    expect(await count()).toBe(1)
    await login(from(firefox.replaceAll('140', '141')), as.ada.email, as.ada.password).json()
    expect(await count()).toBe(1)
    expect((await mail.latest(as.ada.email, 'new-device')).text).toContain('Firefox on Linux')
  })

  // bar 29
  test('two hundred at once leave the process awake, and what is too much is told to come back', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' }, hashing: RECOMMENDED })
    await login(house.anon, 'nobody@example.com', WRONG)
    const { url } = house.listen()
    const pulse: number[] = []
    let beating = true
    const heart = (async () => {
      while (beating) {
        await new Promise((resolve) => setTimeout(resolve, 2))
        const begun = performance.now()
        expect((await fetch(`${url}/health/live`)).status).toBe(200)
        pulse.push(performance.now() - begun)
      }
    })()
    const begun = performance.now()
    const refusedAfter: number[] = []
    const replies = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const reply = await login(house.anon, `p${i}@example.com`, WRONG)
        if (reply.status === 503) refusedAfter.push(performance.now() - begun)
        return reply
      }),
    )
    beating = false
    await heart
    for (const reply of replies) {
      if (reply.status === 503) expect(reply).toRefuse(503, 'overloaded')
      else expect(reply).toRefuse(401, 'invalid_credentials')
    }
    expect(refusedAfter.length).toBeGreaterThan(0)
    expect(Math.max(...refusedAfter)).toBeLessThan(2000)
    expect(pulse.sort((a, b) => a - b)[Math.floor(pulse.length * 0.99)]).toBeLessThan(250)
  }, 20_000)
})

describe('guessing passwords', () => {
  const guess = async ({ anon }: TestApp, email: string, times: number, from: (i: number) => string) => {
    const statuses: number[] = []
    for (let i = 0; i < times; i++) statuses.push((await login(anon.from(from(i)), email, `${WRONG}-${i}`)).status)
    return statuses
  }
  const everywhere = (i: number) => `203.0.${i >> 8}.${i & 255}`

  // bar 33
  test('of one account ends after ten, from wherever they come; the right one waits as well', async () => {
    const house = await testApp()
    const { anon, as, clock } = house
    await as.ada.user()
    expect(await guess(house, as.ada.email, 11, everywhere)).toEqual([...Array(10).fill(401), 429])
    const right = await login(anon, as.ada.email, as.ada.password)
    expect(right).toRefuse(429, 'rate_limited')
    const wait = Number(right.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(800)
    clock.advance(seconds(wait))
    expect((await login(anon, as.ada.email, as.ada.password)).status).toBe(200)
  })

  // bar 33
  test('ends for good after a hundred in a row, until a reset by mail', async () => {
    const house = await testApp()
    const { anon, as, mail, clock } = house
    await as.ada.user()
    for (let round = 0; round < 10; round++) {
      expect(await guess(house, as.ada.email, 10, (i) => everywhere(round * 10 + i))).toEqual(Array(10).fill(401))
      clock.advance(minutes(15))
    }
    expect(await login(anon, as.ada.email, as.ada.password)).toRefuse(429, 'rate_limited')
    await anon.post('/auth/forgot-password', { email: as.ada.email }).json()
    const password = 'magnet-olive-turbine-9'
    const token = await mail.token(as.ada.email, 'reset-password')
    expect((await anon.post('/auth/reset-password', { token, password })).status).toBe(204)
    expect((await login(anon, as.ada.email, password)).status).toBe(200)
  })

  test('is forgotten after a right one', async () => {
    const house = await testApp()
    const { anon, as } = house
    await as.ada.user()
    for (let round = 0; round < 3; round++) {
      expect(await guess(house, as.ada.email, 9, everywhere)).toEqual(Array(9).fill(401))
      expect((await login(anon, as.ada.email, as.ada.password)).status).toBe(200)
    }
  })

  // bar 33
  test('of an account that does not exist looks the same', async () => {
    const house = await testApp()
    await house.as.ada.user()
    const known = await guess(house, house.as.ada.email, 12, everywhere)
    expect(await guess(house, 'nobody@example.com', 12, everywhere)).toEqual(known)
  })

  // bar 34, bar 39
  test.each([
    ['one address', () => '203.0.113.7'],
    ['one IPv6 network, address by address', (i: number) => `2001:db8:1:2:${i.toString(16)}::${(i * 7).toString(16)}`],
    ['one address in two notations', (i: number) => (i % 2 ? '203.0.113.7' : '::ffff:203.0.113.7')],
    // bar 38
    ['nowhere', () => ''],
  ])('over many accounts from %s ends after fifty', async (_, from) => {
    const house = await testApp()
    const statuses: number[] = []
    for (let i = 0; i < 60; i++) {
      // The tier of the route is another limit, by the minute.
      if (i % 25 === 0) house.clock.advance(seconds(61))
      statuses.push((await login(house.anon.from(from(i)), `p${i}@example.com`, WRONG)).status)
    }
    expect(statuses).toEqual([...Array(50).fill(401), ...Array(10).fill(429)])
  })

  // bar 38
  test('is not helped by headers that claim another address', async () => {
    const house = await testApp()
    const statuses: number[] = []
    for (let i = 0; i < 40; i++) {
      const claimed = `198.18.0.${i}`
      const client = house.anon.with({
        'x-forwarded-for': `${claimed}, 10.0.0.1`,
        'x-real-ip': claimed,
        'fly-client-ip': claimed,
        'cf-connecting-ip': claimed,
        forwarded: `for=${claimed}`,
      })
      statuses.push((await login(client, `p${i}@example.com`, WRONG)).status)
    }
    expect(statuses).toEqual([...Array(30).fill(401), ...Array(10).fill(429)])
  })

  // bar 143
  test('is not helped by accounts of one’s own: each of them counts for the address they come from', async () => {
    const { as, person } = await testApp()
    const statuses: number[] = []
    for (const someone of [as.ada, as.bob, person('eve')]) {
      await someone.user()
      for (let i = 0; i < 15; i++) {
        const client = someone.from('203.0.113.7')
        statuses.push((await login(client, `p${statuses.length}@example.com`, WRONG)).status)
      }
    }
    expect(statuses).toEqual([...Array(30).fill(401), ...Array(15).fill(429)])
  })

  // bar 35
  test('a hundred at once are ten that are looked at', async () => {
    const { as, race, config } = await testApp({ env: { RATE_LIMIT: 'off' } })
    await as.ada.user()
    const replies = await race(100, (i) => ({
      path: '/auth/login',
      body: { email: as.ada.email, password: `${WRONG}-${i}` },
    }))
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(10)
    for (const reply of replies.filter(({ status }) => status !== 401)) expect(reply).toRefuse(429, 'rate_limited')
    expect(rows(config, "SELECT id FROM events WHERE type = 'session.sign_in_failed'")).toHaveLength(10)
  })

  // bar 35, 144
  test('counts those too that are handled in another order than they came in', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { anon, as, clock } = house
    await as.ada.user()
    const statuses: number[] = []
    for (let i = 0; i < 15; i++) {
      statuses.push((await login(anon, as.ada.email, WRONG)).status)
      clock.advance(-20)
    }
    expect(statuses).toEqual([...Array(10).fill(401), ...Array(5).fill(429)])
    // A clock that was set back by more than that keeps nobody out until it has caught up.
    clock.advance(-hours(1))
    expect((await login(anon, as.ada.email, as.ada.password)).status).toBe(200)
  })

  // bar 36
  test('keeps nobody out who is in: a live session goes on and may change the password', async () => {
    const house = await testApp()
    const { as } = house
    await as.ada.user()
    await guess(house, as.ada.email, 12, everywhere)
    expect((await as.ada.get('/auth/me')).status).toBe(200)
    const change = { currentPassword: as.ada.password, newPassword: 'magnet-olive-turbine-9' }
    expect((await as.ada.post('/auth/change-password', change)).status).toBe(204)
    expect((await login(house.anon, as.ada.email, change.newPassword)).status).toBe(200)
  })
})

describe('a request with a bad credential', () => {
  // bar 44, bar 45
  test.each([
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Bearer  ',
    'bearer x',
    'Bearer %ff',
    'Bearer null',
    'Bearer undefined',
    'Basic YWRhOnBhc3N3b3Jk',
    'Digest x',
    'Token x',
    'Bearer a.b.c',
    'Bearer a.b.c, Bearer d.e.f',
    `Bearer ${'x'.repeat(16_000)}`,
  ])('is a stranger’s: %#', async (authorization) => {
    const { anon } = await shared()
    const reply = await anon.with({ authorization }).get('/auth/me')
    expect(reply.status).toBe(401)
    expect(['unauthenticated', 'invalid_access_token']).toContain(reply.json().code)
    expect(reply).toRefuse(401, reply.json().code)
  })

  // bar 44
  test('is refused too if the header comes twice', async () => {
    const { anon, as } = await shared()
    const { accessToken } = await as.ada.tokens()
    const twice = `Bearer ${accessToken}, Bearer ${accessToken}`
    expect(await anon.with({ authorization: twice }).get('/auth/me')).toRefuse(401, 'invalid_access_token')
  })

  // bar 69
  test.each(['access_token', 'accessToken', 'token', 'api_key', 'apiKey', 'authorization'])(
    'is not looked for in ?%s=',
    async (name) => {
      const { anon, as } = await shared()
      const { accessToken } = await as.ada.tokens()
      expect(await anon.get('/auth/me', { query: { [name]: accessToken } })).toRefuse(401, 'unauthenticated')
    },
  )

  // bar 111: 401 comes before 422, so that a stranger learns nothing of the body
  test('learns nothing of what the body should be', async () => {
    const { anon } = await shared()
    expect(await anon.post('/auth/change-password', { nothing: true })).toRefuse(401, 'unauthenticated')
    expect(await anon.patch('/users/me', { name: 42 })).toRefuse(401, 'unauthenticated')
  })
})

declare global {
  interface FeaturePermissions extends Record<'things:read', string> {}
}

describe('what an admin takes away', () => {
  const guarded = defineFeature({
    name: 'guarded',
    permissions: { 'things:read': 'See things' },
    routes: (app) => router(app, '/things').get('/', () => ({ ok: true }), { permission: 'things:read' }),
  })

  // bar 46
  test.each([
    ['banned', { bannedAt: new Date(0) }],
    ['deleted', { deletedAt: new Date(0) }],
  ])('somebody %s is out with the next request, within a second in every process', async (_, change) => {
    const house = await shared()
    const { anon, as, clock } = house
    const { refreshToken } = await as.ada.tokens()
    expect((await as.ada.get('/auth/me')).status).toBe(200)
    await changeUser(house, as.ada.email, change)
    clock.advance(seconds(1))
    expect(await as.ada.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await anon.post('/auth/refresh-token', { refreshToken })).toRefuse(401, 'invalid_refresh_token')
  })

  // bar 46
  test('a lowered role holds with the next request', async () => {
    const house = await testApp({ features: [...Object.values(list), guarded] })
    const { as, clock } = house
    expect((await as.admin.get('/things')).status).toBe(200)
    expect(await as.ada.get('/things')).toRefuse(403, 'forbidden')
    await changeUser(house, as.admin.email, { role: 'user' })
    clock.advance(seconds(1))
    expect(await as.admin.get('/things')).toRefuse(403, 'forbidden')
  })
})
