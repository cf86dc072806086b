import { describe, expect, test } from 'bun:test'
import { seconds } from '#core'
import { atRest, rows, seen, sharedApp, testApp } from '#tests'

const PASSWORD = 'xkvq7-mzrp9-wt'
const ADA = { email: 'ada@example.com', password: PASSWORD, name: 'Ada Lovelace' }
const ROUNDS = 3

/** For what is refused: nobody ever signs up there. */
const house = sharedApp({ env: { RATE_LIMIT: 'off' } })

describe('registering', () => {
  // bar 1
  test('makes an unverified account and mails one link; the answer holds no token', async () => {
    const { anon, mail, config } = await testApp()
    const reply = await anon.post('/auth/register', ADA)
    expect(reply.status).toBe(202)
    expect(Object.keys(reply.json())).toEqual(['message'])
    expect(rows(config, 'SELECT email, role, email_verified_at FROM users')).toEqual([
      { email: ADA.email, role: 'user', email_verified_at: null },
    ])
    const mails = await mail.to(ADA.email)
    expect(mails.map(({ template }) => template)).toEqual(['verify-email'])
    const token = await mail.token(ADA.email)
    expect(reply.text).not.toContain(token)
    // bar 13
    expect(atRest(config)).not.toContain(token)
    expect(atRest(config)).toContain(new Bun.CryptoHasher('sha256').update(token).digest('base64url'))
  })

  // bar 2
  test('a taken address answers the same, byte for byte, and its owner is told', async () => {
    const { anon, as, mail, config } = await testApp()
    await as.ada.user()
    const fresh = await anon.post('/auth/register', { ...ADA, email: 'new@example.com' })
    const before = rows(config, 'SELECT * FROM users')
    const taken = await anon.post('/auth/register', {
      ...ADA,
      email: 'ADA@example.com',
      password: 'another-fine-word-9',
    })
    expect(seen(taken)).toEqual(seen(fresh))
    expect(rows(config, 'SELECT * FROM users')).toEqual(before)
    expect((await mail.to(as.ada.email)).map(({ template }) => template)).toContain('already-registered')
    expect(await anon.post('/auth/login', { email: as.ada.email, password: 'another-fine-word-9' })).toRefuse(
      401,
      'invalid_credentials',
    )
    expect((await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password })).status).toBe(200)
  })

  // bar 4
  test('one address thirty times at once, however it is spelt, is one account and one mail', async () => {
    const { race, mail, config, clock } = await testApp({ env: { RATE_LIMIT: 'off' } })
    for (let round = 0; round < ROUNDS; round++) {
      const spellings = [`Ada${round}@Example.com`, `ada${round}@example.com`, `ADA${round}@EXAMPLE.COM`]
      const replies = await race(30, (i) => ({ path: '/auth/register', body: { ...ADA, email: spellings[i % 3] } }))
      expect(new Set(replies.map((reply) => `${reply.status} ${reply.text}`)).size).toBe(1)
      expect(replies[0]?.status).toBe(202)
      const mails = await mail.to(`ada${round}@example.com`)
      expect(mails.filter(({ template }) => template === 'verify-email')).toHaveLength(1)
      expect(mails.filter(({ template }) => template === 'already-registered')).toHaveLength(1)
      clock.advance(seconds(61))
    }
    expect(rows(config, 'SELECT id FROM users')).toHaveLength(ROUNDS)
  })

  // bar 5
  test('two hundred at once are all kept, or told when to come back', async () => {
    const { race, config } = await testApp({ env: { RATE_LIMIT: 'off' } })
    const replies = await race(200, (i) => ({ path: '/auth/register', body: { ...ADA, email: `p${i}@example.com` } }))
    const kept = replies.filter(({ status }) => status === 202)
    for (const { status, headers } of replies.filter((reply) => !kept.includes(reply))) {
      expect([429, 503]).toContain(status)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(kept.length).toBeGreaterThan(60)
    expect(rows(config, 'SELECT id FROM users')).toHaveLength(kept.length)
  })

  // bar 6, bar 7
  test.each([
    'victim＠example.com',
    'ada@example。com',
    'ada @example.com',
    ' ada@example.com',
    'ada@example.com\u0000',
    'ada\u0000@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com,eve@example.com',
    'ada@example.com;eve@example.com',
    '"ada"@example.com',
    'Ada <ada@example.com>',
    'adä@example.com',
    'ada@exämple.com',
    'ada@localhost',
    'ada@127.0.0.1',
    'ada@-example.com',
    `${'a'.repeat(65)}@example.com`,
    `ada@${'a.'.repeat(130)}com`,
    '',
  ])('%j is no address', async (email) => {
    const { anon, mail } = await house()
    const reply = await anon.post('/auth/register', { ...ADA, email })
    expect(reply).toRefuse(422, 'validation_failed')
    expect(reply.json().errors).toEqual([{ path: '/email', message: 'has to be an e-mail address' }])
    expect(await mail.all()).toEqual([])
  })

  // bar 7
  test.each([
    'Ada\r\nBcc: eve@example.com',
    'Ada\u0000',
    'Ada\u001b[2J',
    '   ',
    '',
    'x'.repeat(101),
    'Ada\u2028Eve',
    '\u202eadA',
  ])('%j is no name', async (name) => {
    const { anon } = await house()
    const reply = await anon.post('/auth/register', { ...ADA, name })
    expect(reply).toRefuse(422, 'validation_failed')
    expect(reply.json().errors[0].path).toBe('/name')
  })

  // bar 8
  test('markup in a name is text in the mail', async () => {
    const { anon, mail } = await testApp()
    await anon.post('/auth/register', { ...ADA, name: '<a href="https://evil.example">x</a>{{7*7}}<%= 7*7 %>' }).json()
    const { html, text } = await mail.latest(ADA.email)
    expect(html).not.toContain('<a href="https://evil.example')
    expect(html).toContain('&lt;a href=')
    expect(text).toContain('{{7*7}}')
  })

  // bar 9, bar 58
  test('links lead to APP_URL, whatever the request says', async () => {
    const { anon, as, mail, clock } = await testApp()
    await as.ada.user()
    const poisoned = anon.with({
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'ftp',
      forwarded: 'host=evil.example',
      origin: 'https://evil.example',
      referer: 'https://evil.example/',
    })
    const extra = {
      redirectTo: 'https://evil.example',
      callbackURL: 'https://evil.example',
      url: 'https://evil.example',
    }
    await poisoned.post('/auth/register', { ...ADA, email: 'bob@example.com', ...extra }).json()
    clock.advance(seconds(61))
    await poisoned.post('/auth/resend-verification', { email: 'bob@example.com', ...extra }).json()
    await poisoned.post('/auth/forgot-password', { email: as.ada.email, ...extra }).json()
    for (const { html, text } of await mail.all()) expect(html + text).not.toContain('evil.example')
    expect((await mail.link('bob@example.com')).origin).toBe('http://localhost:3000')
    expect((await mail.link(as.ada.email)).origin).toBe('http://localhost:3000')
  })

  // bar 112
  test('nobody gives themselves a role, an id or a verified address', async () => {
    const { anon, config } = await testApp()
    const id = '01890000-0000-7000-8000-000000000000'
    const wish = { role: 'admin', isAdmin: true, emailVerified: true, id, createdAt: 0, permissions: ['*'], hash: 'x' }
    await anon.post('/auth/register', { ...ADA, ...wish }).json()
    const [user] = rows(config, 'SELECT * FROM users')
    expect(user).toMatchObject({ role: 'user', email_verified_at: null })
    expect(user.id).not.toBe(id)
  })

  // bar 43, bar 185
  test('whatever is not as it has to be is named, and not repeated', async () => {
    const { anon } = await testApp()
    const reply = await anon.post('/auth/register', {
      email: { $ne: null },
      password: ['a-secret-in-a-list'],
      name: 42,
    })
    expect(reply).toRefuse(422, 'validation_failed')
    expect(
      reply
        .json()
        .errors.map(({ path }: { path: string }) => path)
        .sort(),
    ).toEqual(['/email', '/name', '/password'])
    expect(await anon.post('/auth/register', {})).toRefuse(422, 'validation_failed')
    expect(await anon.post('/auth/register', [])).toRefuse(422, 'validation_failed')
    expect(
      await anon.post('/auth/register', '{"email":', { headers: { 'content-type': 'application/json' } }),
    ).toRefuse(400, 'malformed_request')
    expect(await anon.post('/auth/register')).toRefuse(400, 'malformed_request')
    expect(await anon.post('/auth/register', new URLSearchParams(ADA))).toRefuse(415, 'unsupported_media_type')
  })
})
