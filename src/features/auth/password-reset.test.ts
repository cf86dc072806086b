import { describe, expect, test } from 'bun:test'
import { minutes, seconds, systemContext } from '#core'
import { bookkeeping } from '#db'
import { atRest, changeUser, rows, seen, sharedApp, type TestApp, testApp } from '#tests'
import { issueToken, revealToken } from './one-time-token'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const NEXT = 'magnet-olive-turbine-9'

/** Asks for a link and reads the token in it. */
const resetToken = async ({ anon, mail }: TestApp, email: string) => {
  await anon.post('/auth/forgot-password', { email }).json()
  return mail.secret(email, 'reset_password')
}

describe('a forgotten password', () => {
  test('is replaced by a link; nobody is signed in by it', async () => {
    const house = await shared()
    const { anon, as } = house
    await as.ada.user()
    const reply = await anon.post('/auth/reset-password', {
      token: await resetToken(house, as.ada.email),
      password: NEXT,
    })
    expect(reply.status).toBe(204)
    expect(reply.headers.has('set-cookie')).toBe(false)
    expect(reply.text).toBe('')
    expect(await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password })).toRefuse(
      401,
      'invalid_credentials',
    )
    expect((await anon.post('/auth/login', { email: as.ada.email, password: NEXT })).status).toBe(200)
  })

  // bar 47
  test('is asked for with one answer for known, unknown and banned', async () => {
    const house = await testApp()
    const { anon, as, app, mail } = house
    await as.ada.user()
    await as.bob.user()
    await changeUser(house, as.bob.email, { bannedAt: house.clock.now() })
    const replies = []
    for (const email of [as.ada.email, 'nobody@example.com', as.bob.email]) {
      replies.push(seen(await anon.post('/auth/forgot-password', { email })))
    }
    expect(replies[1]).toEqual(replies[0])
    expect(replies[2]).toEqual(replies[0])
    await app.queue.runDue()
    const sent = (await mail.all()).filter(({ template }) => template === 'reset-password').map(({ to }) => to)
    expect(sent).toEqual([as.ada.email])
  })

  // bar 49
  test('has a token of 256 bits that nobody can guess from another', async () => {
    const { app } = await shared()
    const ctx = systemContext(app, 'test')
    const made = await bookkeeping(ctx, async (tx) => {
      const ids: string[] = []
      for (let i = 0; i < 1000; i++)
        ids.push((await issueToken(tx, ctx, 'reset_password', { email: 'ada@example.com' })).id)
      return ids
    })
    const secrets = await Promise.all(made.map(async (id) => (await revealToken(ctx, id))?.secret ?? ''))
    expect(new Set(secrets).size).toBe(1000)
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/)
    const bits = secrets
      .flatMap((secret) => [...Buffer.from(secret, 'base64url')])
      .map((byte) => byte.toString(2).split('1').length - 1)
    const share = bits.reduce((sum, ones) => sum + ones, 0) / (bits.length * 8)
    expect(share).toBeGreaterThan(0.49)
    expect(share).toBeLessThan(0.51)
  })

  // bar 50
  test('is replaced within 15 minutes', async () => {
    const house = await shared()
    const { anon, as, clock } = house
    await as.ada.user()
    const early = await resetToken(house, as.ada.email)
    clock.advance(minutes(15) - seconds(5))
    expect((await anon.post('/auth/reset-password', { token: early, password: NEXT })).status).toBe(204)
    const late = await resetToken(house, as.ada.email)
    clock.advance(minutes(15) + seconds(1))
    const reply = await anon.post('/auth/reset-password', { token: late, password: NEXT })
    expect(reply).toRefuse(400, 'invalid_token')
    expect(seen(reply)).toEqual(seen(await anon.post('/auth/reset-password', { token: 'unknown', password: NEXT })))
  })

  // bar 51
  test('thirty times at once, with thirty passwords, gets one of them', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { anon, person, race } = house
    for (const name of ['ada', 'bob', 'eve']) {
      const someone = person(name)
      await someone.user()
      const token = await resetToken(house, someone.email)
      const word = (i: number) => `xkvq7-${name}-${i}-wt`
      const replies = await race(30, (i) => ({ path: '/auth/reset-password', body: { token, password: word(i) } }))
      const won = replies.flatMap(({ status }, i) => (status === 204 ? [i] : []))
      expect(won).toHaveLength(1)
      for (const reply of replies.filter(({ status }) => status !== 204)) expect(reply).toRefuse(400, 'invalid_token')
      const winner = await anon.post('/auth/login', { email: someone.email, password: word(won[0] ?? -1) })
      expect(winner.status).toBe(200)
      const loser = await anon.post('/auth/login', { email: someone.email, password: word(won[0] === 0 ? 1 : 0) })
      expect(loser).toRefuse(401, 'invalid_credentials')
    }
  })

  // bar 52
  test('has one live link: the second ends the first', async () => {
    const house = await shared()
    const { anon, as, clock } = house
    await as.ada.user()
    const first = await resetToken(house, as.ada.email)
    clock.advance(seconds(61))
    const second = await resetToken(house, as.ada.email)
    expect(second).not.toBe(first)
    expect(await anon.post('/auth/reset-password', { token: first, password: NEXT })).toRefuse(400, 'invalid_token')
    expect((await anon.post('/auth/reset-password', { token: second, password: NEXT })).status).toBe(204)
  })

  // bar 53
  test('ends everything that the old one opened, and the owner is told', async () => {
    const house = await shared()
    const { anon, as, mail } = house
    const { accessToken, refreshToken } = await as.ada.tokens()
    await as.ada.post('/auth/change-email', { email: 'ada@example.org', password: as.ada.password }).json()
    const pending = await mail.token('ada@example.org')
    const token = await resetToken(house, as.ada.email)
    expect((await anon.post('/auth/reset-password', { token, password: NEXT })).status).toBe(204)
    expect(await house.withToken(accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await anon.post('/auth/refresh-token', { refreshToken })).toRefuse(401, 'invalid_refresh_token')
    expect(await anon.post('/auth/confirm-email-change', { token: pending })).toRefuse(400, 'invalid_token')
    expect(await anon.post('/auth/reset-password', { token, password: NEXT })).toRefuse(400, 'invalid_token')
    expect((await mail.to(as.ada.email)).map(({ template }) => template)).toContain('password-changed')
  })

  // bar 55
  test('a weak one is refused and the link stays good', async () => {
    const house = await shared()
    const { anon, as } = house
    await as.ada.user()
    const token = await resetToken(house, as.ada.email)
    for (const password of ['short', 'password12345', as.ada.email, as.ada.name]) {
      const reply = await anon.post('/auth/reset-password', { token, password })
      expect(reply.status).toBe(422)
      expect(reply.json().code).toBe('weak_password')
      expect(reply.json().errors[0].path).toBe('/password')
    }
    expect((await anon.post('/auth/reset-password', { token, password: NEXT })).status).toBe(204)
  })

  // bar 56
  test('keeps the token out of the database', async () => {
    const house = await testApp()
    await house.as.ada.user()
    const token = await resetToken(house, house.as.ada.email)
    expect(atRest(house.config)).not.toContain(token)
    expect(rows(house.config, 'SELECT digest FROM one_time_tokens WHERE purpose = ?', 'reset_password')).toEqual([
      { digest: new Bun.CryptoHasher('sha256').update(token).digest('base64url') },
    ])
  })

  // bar 57
  test('a hundred guesses at the token are stopped', async () => {
    const { anon } = await testApp()
    const statuses: number[] = []
    for (let i = 0; i < 100; i++) {
      const reply = await anon.post('/auth/reset-password', { token: `guess-${i}`, password: NEXT })
      statuses.push(reply.status)
      if (reply.status === 429) expect(reply).toRefuse(429, 'rate_limited')
    }
    expect(statuses.filter((status) => status === 400)).toHaveLength(30)
    expect(statuses.filter((status) => status === 429)).toHaveLength(70)
  })

  // bar 59
  test('leaves no session of somebody who signs in with the old password meanwhile', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { anon, race, person } = house
    let opened = 0
    for (let round = 0; round < 8; round++) {
      const someone = person(`p${round}`)
      await someone.user()
      const token = await resetToken(house, someone.email)
      const [reset, ...logins] = await race(5, (i) =>
        i === 0
          ? { path: '/auth/reset-password', body: { token, password: NEXT } }
          : { path: '/auth/login', body: { email: someone.email, password: someone.password } },
      )
      expect(reset?.status).toBe(204)
      for (const login of logins) {
        if (login.status !== 200) continue
        opened += 1
        const { accessToken, refreshToken } = login.json()
        expect(await house.withToken(accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
        expect(await anon.post('/auth/refresh-token', { refreshToken })).toRefuse(401, 'invalid_refresh_token')
      }
    }
    expect(opened).toBeGreaterThanOrEqual(0)
  })

  // bar 18, bar 59
  test('ends what a thief with the old password began meanwhile: no change of password or address survives', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { anon, race, person, mail } = house
    for (let round = 0; round < 5; round++) {
      const someone = person(`p${round}`)
      await someone.user()
      const token = await resetToken(house, someone.email)
      const word = `thief-of-a-password-${round}`
      await race(5, (i) => {
        if (i === 0) return { path: '/auth/reset-password', body: { token, password: NEXT } }
        if (i < 3)
          return {
            as: someone,
            path: '/auth/change-password',
            body: { currentPassword: someone.password, newPassword: word },
          }
        return {
          as: someone,
          path: '/auth/change-email',
          body: { email: `thief${round}@example.org`, password: someone.password },
        }
      })
      const owner = await anon.post('/auth/login', { email: someone.email, password: NEXT })
      const thief = await anon.post('/auth/login', { email: someone.email, password: word })
      // Whoever comes first wins, but never the thief after the reset; a link that the change ended is asked for anew.
      expect([owner.status, thief.status].sort()).toEqual([200, 401])
      if (owner.status !== 200) continue
      const confirm = await mail.token(`thief${round}@example.org`).catch(() => 'none')
      expect(await anon.post('/auth/confirm-email-change', { token: confirm })).toRefuse(400, 'invalid_token')
    }
  })

  test.each([
    {},
    { token: 'x' },
    { password: NEXT },
    { token: 1, password: NEXT },
    { token: 'x', password: 'x'.repeat(1025) },
  ])('%j cannot be read', async (body) => {
    const { anon } = await shared()
    expect(await anon.post('/auth/reset-password', body)).toRefuse(422, 'validation_failed')
  })
})
