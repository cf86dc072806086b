import { describe, expect, test } from 'bun:test'
import { minutes, seconds } from '#core'
import { router } from '#http'
import { sharedApp, testApp } from '#tests'
import { defineFeature } from '../../core'
import * as list from '../../features'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const NEXT = 'magnet-olive-turbine-9'
const WRONG = 'not-the-password-at-all'

describe('changing the password', () => {
  // bar 28, bar 66
  test('takes the current one, ends other sessions but not this one, and tells the owner', async () => {
    const { anon, withToken, mail, someone } = await shared()
    const ada = someone()
    await ada.user()
    const other = await anon.post('/auth/login', { email: ada.email, password: ada.password }).json()
    const reply = await ada.post('/auth/change-password', { currentPassword: ada.password, newPassword: NEXT })
    expect([reply.status, reply.text]).toEqual([204, ''])
    expect((await ada.get('/auth/me')).status).toBe(200)
    expect(await withToken(other.accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await anon.post('/auth/refresh-token', { refreshToken: other.refreshToken })).toRefuse(
      401,
      'invalid_refresh_token',
    )
    expect((await mail.to(ada.email)).map(({ template }) => template)).toContain('password-changed')
    expect(await anon.post('/auth/login', { email: ada.email, password: ada.password })).toRefuse(
      401,
      'invalid_credentials',
    )
    expect((await anon.post('/auth/login', { email: ada.email, password: NEXT })).status).toBe(200)
  })

  // bar 27
  test('stops guesses at the current one like sign-in does, without keeping the owner from signing in', async () => {
    const { anon, clock, someone } = await shared()
    const ada = someone()
    await ada.user()
    for (let i = 0; i < 10; i++) {
      const reply = await ada.post('/auth/change-password', { currentPassword: `${WRONG}-${i}`, newPassword: NEXT })
      expect(reply).toRefuse(401, 'invalid_credentials')
    }
    const right = { currentPassword: ada.password, newPassword: NEXT }
    expect(await ada.post('/auth/change-password', right)).toRefuse(429, 'rate_limited')
    expect(await ada.post('/auth/step-up', { password: ada.password })).toRefuse(429, 'rate_limited')
    expect((await anon.post('/auth/login', { email: ada.email, password: ada.password })).status).toBe(200)
    clock.advance(minutes(15))
    await ada.signIn()
    expect((await ada.post('/auth/change-password', right)).status).toBe(204)
  })

  test('thirty times at once, with thirty new ones, gets one of them', async () => {
    const { person, anon, race } = await testApp({ env: { RATE_LIMIT: 'off' } })
    for (const name of ['ada', 'bob', 'eve']) {
      const someone = person(name)
      await someone.user()
      const replies = await race(10, (i) => ({
        as: someone,
        path: '/auth/change-password',
        body: { currentPassword: someone.password, newPassword: `xkvq7-${name}-${i}-wt` },
      }))
      const won = replies.flatMap(({ status }, i) => (status === 204 ? [i] : []))
      expect(won).toHaveLength(1)
      for (const { status } of replies) expect([204, 401, 429]).toContain(status)
      const reply = await anon.post('/auth/login', { email: someone.email, password: `xkvq7-${name}-${won[0]}-wt` })
      expect(reply.status).toBe(200)
    }
  })

  test('needs a session and both passwords', async () => {
    const { anon, someone } = await shared()
    const ada = someone()
    expect(await anon.post('/auth/change-password', { currentPassword: 'x', newPassword: NEXT })).toRefuse(
      401,
      'unauthenticated',
    )
    expect(await ada.post('/auth/change-password', { newPassword: NEXT })).toRefuse(422, 'validation_failed')
    expect(await ada.post('/auth/change-password', { currentPassword: ada.password })).toRefuse(
      422,
      'validation_failed',
    )
  })
})

describe('proving the password again', () => {
  const dangerous = defineFeature({
    name: 'dangerous',
    routes: (app) => router(app, '/danger').post('/', () => ({ ok: true }), { auth: 'session', stepUp: true }),
  })
  const house = () => testApp({ features: [...Object.values(list), dangerous] })

  test('opens the dangerous routes to this session for 15 minutes', async () => {
    const { as, anon, clock } = await house()
    const { refreshToken } = await as.ada.tokens()
    expect((await as.ada.post('/danger')).status).toBe(200)
    clock.advance(minutes(14))
    const { accessToken } = await anon.post('/auth/refresh-token', { refreshToken }).json()
    const me = anon.with({ authorization: `Bearer ${accessToken}` })
    expect((await me.post('/danger')).status).toBe(200)
    clock.advance(minutes(1) + seconds(1))
    expect(await me.post('/danger')).toRefuse(403, 'step_up_required')
    expect((await me.post('/auth/step-up', { password: as.ada.password })).status).toBe(204)
    expect((await me.post('/danger')).status).toBe(200)
  })

  test('opens nothing for a wrong one, and nothing to another session', async () => {
    const { as, anon, clock } = await house()
    await as.ada.user()
    clock.advance(minutes(16))
    await as.ada.signIn()
    const other = await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password }).json()
    clock.advance(minutes(14))
    expect(await as.ada.post('/auth/step-up', { password: WRONG })).toRefuse(401, 'invalid_credentials')
    expect((await as.ada.post('/auth/step-up', { password: as.ada.password })).status).toBe(204)
    const refreshed = await anon.post('/auth/refresh-token', { refreshToken: other.refreshToken }).json()
    clock.advance(minutes(1.1))
    const elsewhere = anon.with({ authorization: `Bearer ${refreshed.accessToken}` })
    expect(await elsewhere.post('/danger')).toRefuse(403, 'step_up_required')
    expect(await anon.post('/auth/step-up', { password: as.ada.password })).toRefuse(401, 'unauthenticated')
    expect(await elsewhere.post('/auth/step-up', {})).toRefuse(422, 'validation_failed')
  })
})
