import { expect, test } from 'bun:test'
import { minutes } from '#core'
import { type TestApp, testApp } from '#tests'
import { createClient, problemOf } from '../../src/client'

const EMAIL = 'grace@example.com'
const PASSWORD = 'plum-anchor-violet-42'
const NEXT = 'magnet-olive-turbine-9'

const clientOf = ({ api, config }: TestApp) => createClient(config.appUrl, { fetch: (request) => api.fetch(request) })

test('an account lives its whole life through the typed client', async () => {
  const house = await testApp()
  const client = clientOf(house)
  const { auth, users } = client.api.v1

  const registered = await auth.register.post({ email: EMAIL, password: PASSWORD, name: 'Grace Hopper' })
  expect(registered.status).toBe(202)
  const verified = await auth['verify-email'].post({ token: await house.mail.token(EMAIL, 'verify-email') })
  expect(verified.data?.emailVerified).toBe(true)

  const wrong = await auth.login.post({ email: EMAIL, password: 'not-the-password' })
  expect(problemOf(wrong.error)?.code).toBe('invalid_credentials')
  const login = await auth.login.post({ email: EMAIL, password: PASSWORD })
  if (!login.data || !('accessToken' in login.data)) throw new Error('no tokens')
  client.tokens.set({ accessToken: login.data.accessToken ?? '', refreshToken: login.data.refreshToken ?? '' })
  expect((await users.me.get()).data?.email).toBe(EMAIL)

  const elsewhere = clientOf(house)
  const second = await elsewhere.api.v1.auth.login.post({ email: EMAIL, password: PASSWORD })
  if (!second.data || !('accessToken' in second.data)) throw new Error('no tokens')
  const sessions = await auth.sessions.get()
  expect(sessions.data?.data.map((session) => session.current)).toEqual([false, true])
  const other = sessions.data?.data.find((session) => !session.current)
  expect((await auth.sessions({ id: other?.id ?? '' }).delete()).status).toBe(204)
  elsewhere.tokens.set({ accessToken: second.data.accessToken ?? '', refreshToken: second.data.refreshToken ?? '' })
  expect((await elsewhere.api.v1.users.me.get()).status).toBe(401)

  await auth['forgot-password'].post({ email: EMAIL })
  const reset = await auth['reset-password'].post({
    token: await house.mail.token(EMAIL, 'reset-password'),
    password: NEXT,
  })
  expect(reset.status).toBe(204)
  expect((await users.me.get()).status).toBe(401)
  const again = await auth.login.post({ email: EMAIL, password: NEXT })
  if (!again.data || !('accessToken' in again.data)) throw new Error('no tokens')
  client.tokens.set({ accessToken: again.data.accessToken ?? '', refreshToken: again.data.refreshToken ?? '' })

  await auth['change-email'].post({ email: 'hopper@example.com', password: NEXT })
  const moved = await auth['confirm-email-change'].post({
    token: await house.mail.token('hopper@example.com', 'email-change-confirm'),
  })
  expect(moved.data?.email).toBe('hopper@example.com')
  const reverted = await auth['revert-email-change'].post({
    token: await house.mail.token(EMAIL, 'email-changed-notice'),
  })
  expect(reverted.data?.email).toBe(EMAIL)
  expect((await users.me.get()).status).toBe(401)
})

test('calls that notice together that the access token has run out share one refresh', async () => {
  const house = await testApp()
  const signedIn = await house.anon.post('/auth/register', { email: EMAIL, password: PASSWORD, name: 'Grace' })
  expect(signedIn.status).toBe(202)
  const refreshes: string[] = []
  const client = createClient(house.config.appUrl, {
    fetch: (request) => {
      if (request.url.endsWith('/refresh-token')) refreshes.push(request.url)
      return house.api.fetch(request)
    },
  })
  const login = await client.api.v1.auth.login.post({ email: EMAIL, password: PASSWORD })
  if (!login.data || !('accessToken' in login.data)) throw new Error('no tokens')
  client.tokens.set({ accessToken: login.data.accessToken ?? '', refreshToken: login.data.refreshToken ?? '' })
  house.clock.advance(minutes(16))
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.api.v1.users.me.get()))
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
  expect(refreshes).toHaveLength(1)
})

test('a client that speaks the next version refreshes in it: there it goes on when this one has ended', async () => {
  const house = await testApp()
  const { email, password } = house.as.ada
  await house.as.ada.id()
  const asked: string[] = []
  const client = createClient(house.config.appUrl, {
    fetch: (request) => {
      asked.push(new URL(request.url).pathname)
      return house.api.fetch(request)
    },
  })
  const login = await client.api.v2.auth.login.post({ email, password })
  if (!login.data || !('accessToken' in login.data)) throw new Error('no tokens')
  client.tokens.set({ accessToken: login.data.accessToken ?? '', refreshToken: login.data.refreshToken ?? '' })
  house.clock.advance(minutes(16))
  expect((await client.api.v2.users.me.get()).status).toBe(200)
  expect(asked).toContain('/api/v2/auth/refresh-token')
  expect(asked.filter((path) => path.startsWith('/api/v1'))).toEqual([])
})

test('an idempotent call is repeated after a passing fault, a POST is not', async () => {
  const house = await testApp()
  let faults = 1
  let calls = 0
  const client = createClient(house.config.appUrl, {
    fetch: async (request) => {
      calls += 1
      if (faults-- > 0) return new Response('busy', { status: 503 })
      return await house.api.fetch(request)
    },
  })
  expect((await client.api.v1.users.me.get()).status).toBe(401)
  expect(calls).toBe(2)
  faults = 1
  expect((await client.api.v1.auth['forgot-password'].post({ email: EMAIL })).status).toBe(503)
  expect(calls).toBe(3)
})
