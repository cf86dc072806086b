import { describe, expect, test } from 'bun:test'
import { minutes } from '#core'
import { type Reply, sharedApp, type TestApp, testApp } from '#tests'

const HTTPS = { env: { APP_URL: 'https://api.example.com', CORS_ORIGINS: 'https://app.example.com' } }
const ORIGIN = { origin: 'https://api.example.com' }

const house = sharedApp(HTTPS)

const login = async ({ anon, as }: Pick<TestApp, 'anon' | 'as'>, headers: Record<string, string> = ORIGIN) => {
  await as.ada.user()
  const body = { email: as.ada.email, password: as.ada.password }
  return anon.with(headers).post('/auth/login', body, { query: { transport: 'cookie' } })
}

/** What a browser would send from now on. */
const jar = (reply: Reply) => ({
  cookie: reply.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; '),
})

describe('a session in cookies', () => {
  // bar 83
  test('travels in two that only the server reads, over https only, for this host only; not in the body', async () => {
    const reply = await login(await testApp(HTTPS))
    expect(reply.status).toBe(200)
    const cookies = reply.headers.getSetCookie()
    expect(cookies).toHaveLength(2)
    for (const [at, name, age] of [
      [0, 'access', 900],
      [1, 'refresh', 2_592_000],
    ] as const) {
      expect(cookies[at]).toMatch(
        new RegExp(`^__Host-${name}=[\\w.-]+; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax; Secure$`),
      )
    }
    expect(Object.keys(reply.json()).sort()).toEqual(['expiresIn', 'tokenType', 'user'])
  })

  test('does without the prefix on plain http during development', async () => {
    const reply = await login(await testApp(), { origin: 'http://localhost:3000' })
    expect(reply.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['access', 'refresh'])
    expect(reply.headers.getSetCookie().join()).not.toContain('Secure')
  })

  test('reads, writes, goes on and ends', async () => {
    const house = await testApp(HTTPS)
    const browser = house.anon.with({ ...jar(await login(house)), ...ORIGIN })
    expect((await browser.get('/auth/me')).status).toBe(200)
    expect((await browser.patch('/users/me', { name: 'Ada King' })).status).toBe(200)
    house.clock.advance(minutes(16))
    expect(await browser.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    const refreshed = await browser.post('/auth/refresh-token')
    expect(refreshed.status).toBe(200)
    expect(refreshed.json().refreshToken).toBeUndefined()
    const next = house.anon.with({ ...jar(refreshed), ...ORIGIN })
    expect((await next.get('/auth/me')).status).toBe(200)
    const out = await next.post('/auth/logout')
    expect(out.status).toBe(204)
    expect(out.headers.getSetCookie()).toEqual([
      '__Host-access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
      '__Host-refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
    ])
    expect(await next.get('/auth/me')).toRefuse(401, 'invalid_access_token')
  })

  // bar 80
  test('ends although its access token has run out', async () => {
    const house = await testApp(HTTPS)
    const browser = house.anon.with({ ...jar(await login(house)), ...ORIGIN })
    house.clock.advance(minutes(16))
    expect((await browser.post('/auth/logout')).status).toBe(204)
    expect(await browser.post('/auth/refresh-token')).toRefuse(401, 'invalid_refresh_token')
  })

  // bar 149
  test.each<[string, Record<string, string>]>([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['no origin', {}],
    ['the origin null', { origin: 'null' }],
    ['an origin that begins alike', { origin: 'https://api.example.com.evil.example' }],
    ['our origin over http', { origin: 'http://api.example.com' }],
    ['our origin at another port', { origin: 'https://api.example.com:8443' }],
    ['fetch metadata that say another site', { ...ORIGIN, 'sec-fetch-site': 'cross-site' }],
  ])('writes nothing for %s', async (_, headers) => {
    const { anon, as } = await house()
    const cookies = jar(await login({ anon, as }))
    const forged = anon.with({ ...cookies, ...headers })
    expect(await forged.patch('/users/me', { name: 'Eve' })).toRefuse(403, 'cross_site_request')
    expect(await forged.post('/auth/refresh-token')).toRefuse(403, 'cross_site_request')
    const out = await forged.post('/auth/logout')
    expect(out).toRefuse(403, 'cross_site_request')
    expect((await anon.with({ ...cookies, ...ORIGIN }).get('/auth/me')).json().name).not.toBe('Eve')
  })

  test('writes for an origin that is allowed', async () => {
    const house = await testApp(HTTPS)
    const browser = house.anon.with({
      ...jar(await login(house)),
      origin: 'https://app.example.com',
      'sec-fetch-site': 'same-site',
    })
    expect((await browser.patch('/users/me', { name: 'Ada King' })).status).toBe(200)
  })

  test('that is not its bearer’s is refused', async () => {
    const house = await testApp(HTTPS)
    const cookies = jar(await login(house))
    const { accessToken } = await house.as.bob.tokens()
    const both = house.anon.with({ ...cookies, ...ORIGIN, authorization: `Bearer ${accessToken}` })
    expect(await both.get('/auth/me')).toRefuse(400, 'ambiguous_credentials')
    const own = await house.as.ada.tokens()
    const same = house.anon.with({ ...cookies, ...ORIGIN, authorization: `Bearer ${own.accessToken}` })
    expect((await same.get('/auth/me')).status).toBe(200)
  })

  test.each([
    'access=',
    '__Host-access=%00',
    '__Host-access="x"',
    '__Host-access={"a":1}',
    ';;;=;',
    '__Host-access=a.b.c',
  ])('made of junk is no session: %s', async (cookie) => {
    const { anon } = await house()
    const reply = await anon.with({ cookie, ...ORIGIN }).get('/auth/me')
    expect(reply.status).toBe(401)
  })
})

describe('signing in from another site', () => {
  // bar 42
  test.each<[string, Record<string, string>]>([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['fetch metadata that say so', { ...ORIGIN, 'sec-fetch-site': 'cross-site' }],
  ])('sets no cookie: %s', async (_, headers) => {
    const reply = await login(await testApp(HTTPS), headers)
    expect(reply).toRefuse(403, 'cross_site_request')
    expect(reply.headers.has('set-cookie')).toBe(false)
  })

  // bar 42
  test('by a form is refused before it is read', async () => {
    const { anon, as } = await testApp(HTTPS)
    await as.ada.user()
    const form = new URLSearchParams({ email: as.ada.email, password: as.ada.password })
    const reply = await anon.with({ origin: 'https://evil.example' }).post('/auth/login?transport=cookie', form)
    expect(reply).toRefuse(415, 'unsupported_media_type')
    expect(reply.headers.has('set-cookie')).toBe(false)
  })

  test('a stolen refresh token is not slipped into a browser', async () => {
    const { anon, as } = await testApp(HTTPS)
    const { refreshToken } = await as.ada.tokens()
    const evil = anon.with({ origin: 'https://evil.example' })
    const reply = await evil.post('/auth/refresh-token?transport=cookie', { refreshToken })
    expect(reply).toRefuse(403, 'cross_site_request')
    expect(reply.headers.has('set-cookie')).toBe(false)
  })

  test('a program without an origin may ask for cookies', async () => {
    expect((await login(await testApp(HTTPS), {})).headers.getSetCookie()).toHaveLength(2)
  })

  test('there is one transport to ask for', async () => {
    const { anon } = await testApp()
    const reply = await anon.post('/auth/login?transport=pigeon', { email: 'ada@example.com', password: 'x' })
    expect(reply).toRefuse(422, 'validation_failed')
    expect(reply.json().errors).toEqual([{ path: '/query/transport', message: 'has to be cookie, or left out' }])
  })
})
