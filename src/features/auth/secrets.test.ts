import { expect, test } from 'bun:test'
import { minutes } from '#core'
import { atRest, memoryLog, type Reply, rows, testApp } from '#tests'

const PASSWORD = 'canary-in-a-coal-mine-4711'
const NEXT = 'second-canary-of-the-mine-4712'

// bar 30, bar 76, bar 204, bar 235
test('a whole life of an account leaves no password and no token in replies, log, journal, jobs or tables', async () => {
  const written = memoryLog()
  const house = await testApp({ log: written.log })
  const { anon, mail, withToken, config, clock, person } = house
  const replies: Reply[] = []
  const secrets = new Set([PASSWORD, NEXT])
  const keep = async (asked: Promise<Reply>) => {
    const reply = await asked
    replies.push(reply)
    return reply
  }
  const tokens = async (asked: Promise<Reply>) => {
    const { accessToken, refreshToken } = (await asked).json()
    for (const token of [accessToken, refreshToken]) secrets.add(token)
    return { accessToken, refreshToken }
  }
  const mailed = async (to: string, template?: string) => {
    const token = await mail.token(to, template)
    secrets.add(token)
    return token
  }
  const ada = { email: 'ada@example.com', password: PASSWORD }
  await keep(anon.post('/auth/register', { ...ada, name: 'Ada' }))
  await keep(anon.post('/auth/register', { ...ada, name: '' }))
  await keep(anon.post('/auth/register', { ...ada, name: ['x'] }))
  await keep(anon.post('/auth/register', { ...ada, password: [PASSWORD], name: 'Ada' }))
  await keep(
    anon.post('/auth/register', `{"password":"${PASSWORD}",`, { headers: { 'content-type': 'application/json' } }),
  )
  await keep(anon.post('/auth/verify-email', { token: await mailed(ada.email) }))
  await keep(anon.post('/auth/login', { ...ada, password: `${PASSWORD}x` }))
  await keep(anon.post('/auth/login', { ...ada, email: PASSWORD }))
  await keep(anon.post(`/auth/login?transport=${PASSWORD}`, ada))
  const first = await tokens(anon.post('/auth/login', ada))
  const second = await tokens(anon.post('/auth/refresh-token', { refreshToken: first.refreshToken }))
  const me = withToken(second.accessToken)
  for (const path of ['/auth/me', '/users/me', '/auth/sessions']) await keep(me.get(path))
  await keep(me.post('/auth/step-up', { password: PASSWORD }))
  await keep(me.post('/auth/step-up', { password: PASSWORD, code: { nested: PASSWORD } }))
  // bar 187
  const once = { headers: { 'idempotency-key': 'the-one-and-only' } }
  const change = { email: 'ada@example.org', password: PASSWORD }
  const asked = await keep(me.post('/auth/change-email', change, once))
  const again = await keep(me.post('/auth/change-email', change, once))
  expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([202, asked.text, 'true'])
  const other = await keep(me.post('/auth/change-email', { ...change, password: NEXT }, once))
  expect(other).toRefuse(422, 'idempotency_key_reused')
  await keep(anon.post('/auth/confirm-email-change', { token: await mailed('ada@example.org') }))
  await keep(anon.post('/auth/revert-email-change', { token: await mailed(ada.email, 'email-changed-notice') }))
  await keep(
    anon.post('/auth/reset-password', { token: await mailed(ada.email, 'reset-password'), password: PASSWORD }),
  )
  const third = await tokens(anon.post('/auth/login', ada))
  await keep(
    withToken(third.accessToken).post('/auth/change-password', { currentPassword: PASSWORD, newPassword: NEXT }),
  )
  await keep(withToken(third.accessToken).delete('/users/me', { password: NEXT }))
  clock.advance(minutes(1))
  await keep(anon.post('/auth/refresh-token', { refreshToken: first.refreshToken }))
  await keep(anon.with({ authorization: `Bearer ${PASSWORD}` }).get('/auth/me'))
  await keep(anon.with({ cookie: `access=${PASSWORD}; refresh=${PASSWORD}` }).post('/auth/refresh-token'))
  await person('eve').user()
  await mail.all()

  for (const secret of secrets) {
    for (const reply of replies)
      expect({ at: reply.request, leaks: reply.text.includes(secret) }).toEqual({ at: reply.request, leaks: false })
    expect(written.text()).not.toContain(secret)
    expect(atRest(config)).not.toContain(secret)
  }
  // bar 113
  for (const reply of replies) expect(reply.text).not.toMatch(/hash|argon2|passwordChangedAt|tokenId|digest|secret/i)
  // bar 204
  for (const { payload } of rows(config, 'SELECT payload FROM jobs'))
    expect(payload).not.toMatch(/@|"(token|password)":/)
  // bar 237
  const events = rows(config, 'SELECT type, outcome, actor_type, user_id, ip, request_id FROM events')
  for (const type of [
    'user.registered',
    'user.verified',
    'session.created',
    'session.sign_in_failed',
    'session.proved',
    'session.revoked',
    'email.change_requested',
    'email.changed',
    'email.reverted',
    'password.reset_requested',
    'password.reset',
    'password.changed',
    'user.deletion_scheduled',
  ]) {
    expect(events.map((event) => event.type)).toContain(type)
  }
  for (const event of events.filter(({ actor_type }) => actor_type !== 'system')) {
    expect({ type: event.type, told: Boolean(event.request_id && event.ip) }).toEqual({ type: event.type, told: true })
  }
  expect(events.filter(({ outcome }) => outcome === 'failure').map(({ type }) => type)).toContain(
    'session.sign_in_failed',
  )
})
