import { describe, expect, test } from 'bun:test'
import { defineFeature, minutes, seconds } from '#core'
import { auth } from '#features/auth'
import { users } from '#features/users'
import { type Reply, type TestApp, testApp } from '#tests'
import { twoFactor } from '.'
import { codeAt, enrol } from './cast.test.kit'

const NEXT = 'magnet-olive-turbine-9'

const withAda = async (env: Record<string, string> = {}) => {
  const house = await testApp({ env })
  const { ada } = house.as
  return { house, ada, factor: await enrol(house, ada) }
}

const answer = (house: TestApp, mfaToken: string, code: string) =>
  house.anon.post('/auth/2fa/challenge', { mfaToken, code })

const statuses = (replies: Reply[]) => Object.groupBy(replies, ({ status }) => String(status))

describe('signing in with a second factor', () => {
  test('takes the password, then a code', async () => {
    const { house, ada, factor } = await withAda()
    const first = await house.anon.post('/auth/login', { email: ada.email, password: ada.password })
    expect(first.status).toBe(202)
    expect(first.headers.get('set-cookie')).toBeNull()
    const { mfaToken, ...rest } = first.json()
    expect(rest).toEqual({ methods: ['totp', 'backup_code'], expiresIn: 600 })
    const tokens = await answer(house, mfaToken, factor.code()).json()
    expect(tokens).toMatchObject({ tokenType: 'Bearer', user: { email: ada.email, twoFactorEnabled: true } })
    expect((await house.withToken(tokens.accessToken).get('/users/me')).status).toBe(200)
  })

  test('hands the tokens over as cookies to a browser that asks for them', async () => {
    const { house, factor } = await withAda()
    const mfaToken = await factor.challenge()
    const foreign = await house.anon.post(
      '/auth/2fa/challenge?transport=cookie',
      { mfaToken, code: factor.code() },
      { headers: { origin: 'https://evil.example' } },
    )
    expect(foreign).toRefuse(403, 'cross_site_request')
    const reply = await house.anon.post(
      '/auth/2fa/challenge?transport=cookie',
      { mfaToken, code: factor.code() },
      { headers: { origin: house.config.appUrl } },
    )
    expect(reply.status).toBe(200)
    expect(reply.json().accessToken).toBeUndefined()
    expect(reply.headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toEqual(['access', 'refresh'])
    // No cookie authenticates it, so a program that sends no Origin may ask for cookies as well.
    const program = { mfaToken: await factor.challenge(), code: factor.backupCodes[0] }
    expect((await house.anon.post('/auth/2fa/challenge?transport=cookie', program)).status).toBe(200)
  })

  // bar 88
  test('takes the code before, of now and after, and none further away', async () => {
    const { house, factor } = await withAda()
    const mfaToken = await factor.challenge()
    house.clock.advance(minutes(5))
    for (const steps of [-2, 2, 3]) {
      const reply = await answer(house, mfaToken, codeAt(factor.secret, house.clock.now(), steps))
      expect(reply).toRefuse(401, 'invalid_code')
    }
    for (const steps of [-1, 0, 1]) {
      const code = codeAt(factor.secret, house.clock.now(), steps)
      expect((await answer(house, await factor.challenge(), code)).status).toBe(200)
    }
  })

  // bar 89
  test('takes each code once, wherever it was used first', async () => {
    const { house, ada, factor } = await withAda()
    // The one that turned it on counts too.
    const enrolled = codeAt(factor.secret, house.clock.now())
    expect(await answer(house, await factor.challenge(), enrolled)).toRefuse(401, 'invalid_code')
    const code = factor.code()
    expect((await ada.post('/auth/step-up', { password: ada.password, code })).status).toBe(204)
    expect(await answer(house, await factor.challenge(), code)).toRefuse(401, 'invalid_code')
    expect(await ada.post('/auth/step-up', { password: ada.password, code })).toRefuse(401, 'invalid_code')
    expect(await ada.post('/auth/2fa/disable', { password: ada.password, code })).toRefuse(401, 'invalid_code')
    // Nor an older one that is still in the window.
    const before = codeAt(factor.secret, house.clock.now(), -1)
    expect(await answer(house, await factor.challenge(), before)).toRefuse(401, 'invalid_code')
  })

  // bar 90
  test('thirty times at once with one challenge and one code opens one session', async () => {
    const { house, ada, factor } = await withAda({ RATE_LIMIT: 'off' })
    for (let round = 0; round < 3; round++) {
      const before = (await ada.get('/auth/sessions').json()).data.length
      const mfaToken = await factor.challenge()
      const code = factor.code()
      const replies = await house.race(30, () => ({ path: '/auth/2fa/challenge', body: { mfaToken, code } }))
      expect(Object.keys(statuses(replies)).sort()).toEqual(['200', '401'])
      expect(statuses(replies)['200']).toHaveLength(1)
      expect((await ada.get('/auth/sessions').json()).data).toHaveLength(before + 1)
    }
  })

  // bar 89, 90
  test('many challenges at once with one code open one session', async () => {
    const { house, factor } = await withAda({ RATE_LIMIT: 'off' })
    const challenges = await factor.challenges(10)
    const code = factor.code()
    const replies = await house.race(30, (i) => ({
      path: '/auth/2fa/challenge',
      body: { mfaToken: challenges[i % 10] ?? '', code },
    }))
    expect(statuses(replies)['200']).toHaveLength(1)
  })

  // bar 91
  test('gives nothing with the password alone', async () => {
    const { house, ada, factor } = await withAda()
    const mfaToken = await factor.challenge()
    const holder = house.withToken(mfaToken)
    expect(await holder.get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect(await holder.post('/auth/2fa/enable', { password: ada.password })).toRefuse(401, 'invalid_access_token')
    expect(await house.anon.post('/auth/refresh-token', { refreshToken: mfaToken })).toRefuse(
      401,
      'invalid_refresh_token',
    )
    const reset = { token: mfaToken, password: NEXT }
    expect(await house.anon.post('/auth/reset-password', reset)).toRefuse(400, 'invalid_token')
    expect((await house.withKey(mfaToken).get('/users/me')).status).toBe(401)
  })

  // bar 91
  test('has to be completed within ten minutes, once, by whom it was begun for', async () => {
    const { house, factor } = await withAda()
    const late = await factor.challenge()
    house.clock.advance(minutes(10) + seconds(1))
    expect(await answer(house, late, factor.code())).toRefuse(401, 'invalid_mfa_token')

    const used = await factor.challenge()
    expect((await answer(house, used, factor.code())).status).toBe(200)
    expect(await answer(house, used, factor.code())).toRefuse(401, 'invalid_mfa_token')

    const bobs = await enrol(house, house.as.bob)
    expect(await answer(house, await factor.challenge(), bobs.code())).toRefuse(401, 'invalid_code')
    expect(await answer(house, 'made-up', factor.code())).toRefuse(401, 'invalid_mfa_token')
    expect(await house.anon.post('/auth/2fa/challenge', { mfaToken: 7, code: {} })).toRefuse(422, 'validation_failed')
  })

  // bar 91
  test('does not outlive the password that it began with', async () => {
    const { house, ada, factor } = await withAda()
    const mfaToken = await factor.challenge()
    await house.anon.post('/auth/forgot-password', { email: ada.email })
    await house.anon.post('/auth/reset-password', { token: await house.mail.token(ada.email), password: NEXT })
    expect(await answer(house, mfaToken, factor.code())).toRefuse(401, 'invalid_credentials')
  })

  // bar 54, 98
  test('is still asked for after a reset of the password, which opens no session', async () => {
    const { house, ada, factor } = await withAda()
    await house.anon.post('/auth/forgot-password', { email: ada.email })
    const reset = await house.anon.post('/auth/reset-password', {
      token: await house.mail.token(ada.email),
      password: NEXT,
    })
    expect(reset.status).toBe(204)
    expect(reset.headers.get('set-cookie')).toBeNull()
    const login = await house.anon.post('/auth/login', { email: ada.email, password: NEXT })
    expect(login.status).toBe(202)
    expect((await answer(house, login.json().mfaToken, factor.code())).status).toBe(200)
  })

  // bar 98
  test('is asked for wherever the password proves somebody again', async () => {
    const { ada, factor } = await withAda()
    const { password } = ada
    expect(await ada.post('/auth/step-up', { password })).toRefuse(401, 'invalid_code')
    expect(await ada.post('/auth/step-up', { password, code: factor.wrong() })).toRefuse(401, 'invalid_code')
    const move = { email: 'ada.new@example.com', password }
    expect(await ada.post('/auth/change-email', move)).toRefuse(401, 'invalid_code')
    expect(await ada.delete('/users/me', { password })).toRefuse(401, 'invalid_code')
    expect((await ada.post('/auth/change-email', { ...move, code: factor.code() })).status).toBe(202)
    expect((await ada.delete('/users/me', { password, code: factor.code() })).status).toBe(202)
  })

  // bar 98, 99
  test('leaves no gap for a sign-in that began just before it was turned on', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined
    const late = defineFeature({
      name: 'late',
      signInCheck: { challenge: async () => void (await meanwhile?.()), confirm: async () => undefined },
    })
    const house = await testApp({ features: [users, auth, twoFactor, late] })
    const { ada } = house.as
    await ada.user()
    meanwhile = () => enrol(house, ada)
    const login = await house.anon.post('/auth/login', { email: ada.email, password: ada.password })
    expect(login).toRefuse(401, 'invalid_credentials')
    meanwhile = undefined
    const again = await house.anon.post('/auth/login', { email: ada.email, password: ada.password })
    expect(again.status).toBe(202)
  })

  test('leaves people without one alone', async () => {
    const { house } = await withAda()
    const { bob } = house.as
    await bob.user()
    expect((await house.anon.post('/auth/login', { email: bob.email, password: bob.password })).status).toBe(200)
    expect((await bob.post('/auth/step-up', { password: bob.password, code: '123456' })).status).toBe(204)
  })
})
