import { describe, expect, test } from 'bun:test'
import { hours, minutes } from '#core'
import { firstAdminLink } from '#features/auth'
import { atRest, memoryLog, type Reply, sharedApp, type TestApp, testApp } from '#tests'
import { systemContext } from '../../core'

const NEXT = 'magnet-olive-turbine-9'

const house = sharedApp()

const post = (house: TestApp, path: string, fields: Record<string, string>) =>
  house.outside.post(path, new URLSearchParams(fields))

const registered = async (house: TestApp) => {
  const ada = house.person('ada', { verified: false })
  await ada.user()
  return { ada, token: await house.mail.token(ada.email) }
}

const toBePage = (reply: Reply, status: number, ...texts: string[]) => {
  expect({ request: reply.request, status: reply.status }).toEqual({ request: reply.request, status })
  expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8')
  for (const text of texts) expect(reply.text).toContain(text)
}

const PAGES = [
  '/verify-email',
  '/confirm-email-change',
  '/revert-email-change',
  '/reset-password',
  '/forgot-password',
  '/resend-verification',
  '/admin/setup',
]

describe('pages behind mailed links', () => {
  // bar 11, bar 150
  test('looking at a link, as mail scanners do, changes nothing; the button does', async () => {
    const house = await testApp()
    const { ada, token } = await registered(house)
    const before = atRest(house.config)
    for (let i = 0; i < 3; i++) {
      toBePage(await house.outside.get(`/verify-email?token=${token}`), 200, 'Confirm my address', ada.email)
      expect((await house.outside.head(`/verify-email?token=${token}`)).status).toBe(200)
    }
    expect(atRest(house.config)).toBe(before)
    toBePage(await post(house, '/verify-email', { token }), 200, 'Thank you')
    expect(await ada.get('/users/me').json()).toMatchObject({ emailVerified: true })
  })

  test('a used, an unknown and an expired link say the same and offer a new one', async () => {
    const house = await testApp()
    const { token } = await registered(house)
    await post(house, '/verify-email', { token })
    const used = await post(house, '/verify-email', { token })
    toBePage(used, 400, 'not valid any more', '/resend-verification')
    expect((await post(house, '/verify-email', { token: 'unknown' })).text).toBe(used.text)
    expect((await post(house, '/verify-email', {})).text).toBe(used.text)
    expect((await house.outside.get('/verify-email?token=unknown')).text).toBe(used.text)
    expect((await house.outside.get('/verify-email')).text).toBe(used.text)
  })

  test('a forgotten password is replaced from the first page to the last', async () => {
    const house = await testApp()
    const ada = house.as.ada
    await ada.user()
    toBePage(await house.outside.get('/forgot-password'), 200, 'name="email"')
    toBePage(await post(house, '/forgot-password', { email: ada.email }), 202, 'on its way')
    const token = await house.mail.token(ada.email, 'reset-password')
    toBePage(
      await house.outside.get(`/reset-password?token=${token}`),
      200,
      'type="password"',
      'new-password',
      ada.email,
    )
    toBePage(await post(house, '/reset-password', { token, password: NEXT }), 200, 'Your password is set')
    expect((await ada.signIn(NEXT)).user.email).toBe(ada.email)
    expect(await house.anon.post('/auth/login', { email: ada.email, password: ada.password })).toRefuse(
      401,
      'invalid_credentials',
    )
  })

  // bar 55
  test('a weak password is explained beside its field and does not use the link up', async () => {
    const house = await testApp()
    await house.as.ada.user()
    await post(house, '/forgot-password', { email: house.as.ada.email })
    const token = await house.mail.token(house.as.ada.email, 'reset-password')
    toBePage(await post(house, '/reset-password', { token, password: 'short' }), 422, 'at least 12 characters', token)
    toBePage(await post(house, '/reset-password', { token, password: 'password12345' }), 422, 'too easy to guess')
    toBePage(await post(house, '/reset-password', { token, password: NEXT }), 200)
  })

  // bar 50
  test('a reset link that has run out leads to a new one', async () => {
    const house = await testApp()
    await house.as.ada.user()
    await post(house, '/forgot-password', { email: house.as.ada.email })
    const token = await house.mail.token(house.as.ada.email, 'reset-password')
    house.clock.advance(minutes(16))
    toBePage(await house.outside.get(`/reset-password?token=${token}`), 400, '/forgot-password')
    toBePage(await post(house, '/reset-password', { token, password: NEXT }), 400, '/forgot-password')
  })

  // bar 47
  test('asking for a link looks the same for every address', async () => {
    const house = await testApp()
    await house.as.ada.user()
    for (const path of ['/forgot-password', '/resend-verification']) {
      const known = await post(house, path, { email: house.as.ada.email })
      const unknown = await post(house, path, { email: 'nobody@example.com' })
      expect(unknown.text).toBe(known.text)
      expect(unknown.status).toBe(known.status)
    }
  })

  test('something that is no address is told so beside the field', async () => {
    const house = await testApp()
    toBePage(await post(house, '/forgot-password', { email: 'nobody' }), 422, 'has to be an e-mail address')
    toBePage(await post(house, '/resend-verification', {}), 422, 'has to be an e-mail address')
  })

  test('a new link is mailed on demand', async () => {
    const house = await testApp()
    const { ada, token } = await registered(house)
    house.clock.advance(minutes(2))
    toBePage(await post(house, '/resend-verification', { email: ada.email }), 202)
    const next = await house.mail.token(ada.email)
    expect(next).not.toBe(token)
    toBePage(await post(house, '/verify-email', { token }), 400)
    toBePage(await post(house, '/verify-email', { token: next }), 200)
  })

  // bar 19
  test('an address is changed and taken back', async () => {
    const house = await testApp()
    const ada = house.as.ada
    await ada.post('/auth/change-email', { email: 'ada@example.org', password: ada.password }).json()
    const token = await house.mail.token('ada@example.org')
    toBePage(await house.outside.get(`/confirm-email-change?token=${token}`), 200, 'ada@example.com', 'ada@example.org')
    toBePage(await post(house, '/confirm-email-change', { token }), 200, 'Your address has changed')
    const back = await house.mail.token(ada.email, 'email-changed-notice')
    toBePage(await house.outside.get(`/revert-email-change?token=${back}`), 200, 'take it back')
    toBePage(await post(house, '/revert-email-change', { token: back }), 200, 'taken back')
    expect(await ada.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    toBePage(await post(house, '/revert-email-change', { token: back }), 400, 'not valid any more')
    toBePage(await post(house, '/confirm-email-change', { token }), 400, 'not valid any more')
  })

  test('the first admin is made once, and what is wrong with the answers stands beside them', async () => {
    const house = await testApp()
    const link = new URL((await firstAdminLink(systemContext(house.app, 'test'))) ?? '')
    const token = link.searchParams.get('token') ?? ''
    const answers = { token, name: 'Root "><script>', email: 'root@example.com', password: 'short' }
    toBePage(await house.outside.get(`${link.pathname}${link.search}`), 200, 'Make me the admin')
    const weak = await post(house, '/admin/setup', answers)
    toBePage(weak, 422, 'at least 12 characters', 'Root &quot;&gt;&lt;script&gt;')
    expect(weak.text).not.toContain('short')
    toBePage(await post(house, '/admin/setup', { ...answers, email: 'root' }), 422, 'has to be an e-mail address')
    await house.as.ada.user()
    const taken = { ...answers, email: house.as.ada.email, password: NEXT }
    toBePage(await post(house, '/admin/setup', taken), 422, 'belongs to an account already')
    toBePage(await post(house, '/admin/setup', { ...answers, token: 'guess', password: NEXT }), 400)
    toBePage(await post(house, '/admin/setup', { ...answers, password: NEXT }), 201, 'You are the admin')
    const login = await house.anon.post('/auth/login', { email: answers.email, password: NEXT }).json()
    expect(login.user).toMatchObject({ role: 'admin', emailVerified: true })
    toBePage(await house.outside.get(`${link.pathname}${link.search}`), 410, 'made already')
    toBePage(await post(house, '/admin/setup', { ...answers, password: NEXT }), 410, 'made already')
  })

  test('the link of the first admin works for 30 minutes', async () => {
    const house = await testApp()
    const link = new URL((await firstAdminLink(systemContext(house.app, 'test'))) ?? '')
    house.clock.advance(minutes(31))
    toBePage(await house.outside.get(`${link.pathname}${link.search}`), 400, 'not valid any more')
  })
})

describe('each page', () => {
  // bar 56, bar 151
  test.each(PAGES)('%s runs nothing, loads nothing, is stored nowhere and tells nobody where it is', async (path) => {
    const { outside } = await house()
    const reply = await outside.get(path)
    const style = reply.text.match(/<style>([\s\S]*)<\/style>/)?.[1] ?? ''
    const hash = new Bun.CryptoHasher('sha256').update(style).digest('base64')
    expect(reply.headers.get('content-security-policy')).toBe(
      `default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'sha256-${hash}'`,
    )
    expect(reply.headers.get('referrer-policy')).toBe('no-referrer')
    expect(reply.headers.get('cache-control')).toBe('private, no-store')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(reply.headers.get('x-request-id')).toBeTruthy()
    expect(reply.text).not.toMatch(/<script|style=|https?:\/\/|onclick/)
  })

  // bar 56
  test('leaves no token in the log', async () => {
    const written = memoryLog()
    const house = await testApp({ log: written.log })
    const { token } = await registered(house)
    await house.outside.get(`/verify-email?token=${token}`)
    await post(house, '/verify-email', { token })
    await post(house, '/reset-password', { token: 'a-token-of-mine', password: 'a-password-of-mine' })
    expect(written.lines().map(({ route }) => route)).toContain('/verify-email')
    for (const secret of [token, 'a-token-of-mine', 'a-password-of-mine']) expect(written.text()).not.toContain(secret)
  })

  // bar 120
  test.each([
    ['JSON', { token: 'x' }, 415],
    ['multipart', new FormData(), 415],
    ['more than a form holds', new URLSearchParams({ token: 'x'.repeat(20_000) }), 413],
  ])('takes what a form posts: %s is refused, with a page', async (_, body, status) => {
    const { outside } = await house()
    toBePage(await outside.post('/verify-email', body), status, 'That did not work')
  })

  // bar 57, bar 143
  test('limits how often a link is tried, and says so on a page', async () => {
    const { outside } = await testApp()
    for (let i = 0; i < 30; i++) expect((await outside.get('/verify-email?token=guess')).status).toBe(400)
    const refused = await outside.post('/reset-password', new URLSearchParams({ token: 'guess', password: NEXT }))
    toBePage(refused, 429, 'Too many requests')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('takes no other method', async () => {
    const { outside } = await testApp()
    const reply = await outside.delete('/verify-email')
    expect(reply).toRefuse(405, 'method_not_allowed')
    expect(reply.headers.get('allow')).toBe('GET, HEAD, POST')
  })
})

test('an address is confirmed by its link for a day', async () => {
  const house = await testApp()
  const { token } = await registered(house)
  house.clock.advance(hours(24))
  toBePage(await post(house, '/verify-email', { token }), 400)
})
