import { describe, expect, test } from 'bun:test'
import { minutes, seconds } from '#core'
import { type Reply, type TestApp, testApp } from '#tests'
import { codeAt, enrol } from './cast.test.kit'

const withAda = async () => {
  const house = await testApp({ env: { RATE_LIMIT: 'off' } })
  const { ada } = house.as
  return { house, ada, factor: await enrol(house, ada) }
}

const answer = (house: TestApp, mfaToken: string, code: string) =>
  house.anon.post('/auth/2fa/challenge', { mfaToken, code })

const codesOf = (replies: Reply[]) => {
  const counts: Record<string, number> = {}
  for (const { code } of replies.map((reply) => reply.json())) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

describe('guessing codes', () => {
  // bar 92
  test('ends a challenge after five', async () => {
    const { house, factor } = await withAda()
    const mfaToken = await factor.challenge()
    for (let i = 0; i < 5; i++) expect(await answer(house, mfaToken, factor.wrong(i))).toRefuse(401, 'invalid_code')
    expect(await answer(house, mfaToken, factor.code())).toRefuse(401, 'invalid_mfa_token')
    expect((await answer(house, await factor.challenge(), factor.code())).status).toBe(200)
  })

  // bar 92
  test('a hundred at once on one challenge get five looked at', async () => {
    const { house, factor } = await withAda()
    const mfaToken = await factor.challenge()
    const replies = await house.race(100, (i) => ({
      path: '/auth/2fa/challenge',
      body: { mfaToken, code: factor.wrong(i) },
    }))
    expect(codesOf(replies)).toEqual({ invalid_code: 5, invalid_mfa_token: 95 })
  })

  // bar 92
  test('gets no more of them by being handled in another order than it came in', async () => {
    const { house, factor } = await withAda()
    const challenges = await factor.challenges(13)
    const replies: Reply[] = []
    for (const [i, mfaToken] of challenges.entries()) {
      house.clock.advance(-20)
      replies.push(await answer(house, mfaToken, factor.wrong(i)))
    }
    expect(codesOf(replies)).toEqual({ invalid_code: 10, rate_limited: 3 })
  })

  // bar 92
  test('a hundred at once over many challenges get ten looked at; then the account waits 15 minutes', async () => {
    const { house, ada, factor } = await withAda()
    const challenges = await factor.challenges(25)
    const replies = await house.race(100, (i) => ({
      path: '/auth/2fa/challenge',
      body: { mfaToken: challenges[i % 25] ?? '', code: i % 2 ? factor.wrong(i) : `wrong-${10000 + i}` },
    }))
    expect(codesOf(replies)).toEqual({ invalid_code: 10, rate_limited: 90 })
    const blocked = replies.find(({ status }) => status === 429)
    expect(Number(blocked?.headers.get('retry-after'))).toBeWithin(800, 901)
    expect(await house.mail.latest(ada.email, 'two-factor-blocked')).toBeDefined()

    // Neither a new challenge nor the right password, a backup code or another door helps.
    expect(await answer(house, await factor.challenge(), factor.code())).toRefuse(429, 'rate_limited')
    const spare = factor.backupCodes[0] ?? ''
    expect(await answer(house, await factor.challenge(), spare)).toRefuse(429, 'rate_limited')
    const stepUp = await ada.post('/auth/step-up', { password: ada.password, code: factor.code() })
    expect(stepUp).toRefuse(429, 'rate_limited')

    house.clock.advance(minutes(15))
    expect((await answer(house, await factor.challenge(), factor.code())).status).toBe(200)
  })

  // bar 37
  test('is not forgiven by a right password, nor by a right code', async () => {
    const { house, factor } = await withAda()
    let challenge = ''
    for (let i = 0; i < 9; i++) {
      if (i % 4 === 0) challenge = await factor.challenge()
      expect(await answer(house, challenge, factor.wrong(i))).toRefuse(401, 'invalid_code')
    }
    expect((await answer(house, await factor.challenge(), factor.code())).status).toBe(200)
    expect(await answer(house, await factor.challenge(), factor.wrong())).toRefuse(401, 'invalid_code')
    expect(await answer(house, await factor.challenge(), factor.code())).toRefuse(429, 'rate_limited')
  })

  test('leaves other people alone', async () => {
    const { house, factor } = await withAda()
    const bobs = await enrol(house, house.as.bob)
    for (let i = 0; i < 10; i++) await answer(house, await factor.challenge(), factor.wrong(i))
    expect((await answer(house, await bobs.challenge(), bobs.code())).status).toBe(200)
  })

  test('ends for good after a hundred in a row, until there is a new password', async () => {
    const { house, ada, factor } = await withAda()
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 10; i++)
        expect(await answer(house, await factor.challenge(), factor.wrong(i))).toRefuse(401, 'invalid_code')
      house.clock.advance(minutes(15))
    }
    expect(await answer(house, await factor.challenge(), factor.code())).toRefuse(429, 'rate_limited')
    const password = 'magnet-olive-turbine-9'
    await house.anon.post('/auth/forgot-password', { email: ada.email })
    await house.anon.post('/auth/reset-password', { token: await house.mail.token(ada.email), password })
    const { mfaToken } = await house.anon.post('/auth/login', { email: ada.email, password }).json()
    expect((await answer(house, mfaToken, factor.code())).status).toBe(200)
  }, 20_000)

  test('is held against nobody for longer than the window when the clock is set back', async () => {
    const { house, factor } = await withAda()
    for (let i = 0; i < 10; i++) await answer(house, await factor.challenge(), factor.wrong(i))
    house.clock.advance(-minutes(60))
    // The last step that was taken lies an hour ahead: only a backup code helps until then.
    expect((await answer(house, await factor.challenge(), factor.backupCodes[0] ?? '')).status).toBe(200)
  })

  // bar 93
  test('costs no attempt when it fails on our side', async () => {
    const { house, factor } = await withAda()
    const mfaToken = await factor.challenge()
    const { journal } = house.app
    const { record } = journal
    Object.assign(journal, { record: () => Promise.reject(new Error('out of order')) })
    for (let i = 0; i < 12; i++) expect(await answer(house, mfaToken, factor.wrong(i))).toRefuse(500, 'internal_error')
    const right = factor.code()
    expect(await answer(house, mfaToken, right)).toRefuse(500, 'internal_error')
    Object.assign(journal, { record })
    expect((await answer(house, mfaToken, right)).status).toBe(200)
  })

  // bar 100
  test('codes of phones that are all behind show that our clock is ahead', async () => {
    const { house, factor } = await withAda()
    const { admin } = house.as
    await admin.user()
    for (let i = 0; i < 3; i++) {
      house.clock.advance(seconds(30))
      const behind = codeAt(factor.secret, house.clock.now(), -3)
      expect(await answer(house, await factor.challenge(), behind)).toRefuse(401, 'invalid_code')
    }
    const check = async () => (await admin.under('').get('/health').json()).checks['two-factor'][0]
    expect(await check()).toMatchObject({ status: 'warn', clockAheadBySeconds: 90 })
    expect((await admin.get('/users/me')).status).toBe(200)
    expect((await answer(house, await factor.challenge(), factor.code())).status).toBe(200)
    house.clock.advance(seconds(2))
    expect(await check()).toMatchObject({ status: 'pass' })
  })
})
