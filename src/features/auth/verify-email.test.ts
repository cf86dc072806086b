import { describe, expect, test } from 'bun:test'
import { defineFeature, hours, minutes, seconds } from '#core'
import { router } from '#http'
import { rows, seen, sharedApp, testApp } from '#tests'
import * as list from '../../features'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const probe = defineFeature({
  name: 'probe',
  routes: (app) => router(app, '/probe').get('/', () => ({ ok: true }), { auth: 'user', verified: true }),
})

describe('verifying an address', () => {
  // bar 10
  test('works once; a used token says no more than an unknown one', async () => {
    const { anon, someone, mail } = await shared()
    const ada = someone({ verified: false })
    await ada.user()
    const token = await mail.token(ada.email)
    expect(await anon.post('/auth/verify-email', { token }).json()).toMatchObject({ emailVerified: true })
    const used = await anon.post('/auth/verify-email', { token })
    expect(used).toRefuse(400, 'invalid_token')
    expect(seen(used)).toEqual(seen(await anon.post('/auth/verify-email', { token: 'unknown' })))
  })

  // bar 10
  test('thirty times at once works once', async () => {
    const { person, mail, race } = await testApp({ env: { RATE_LIMIT: 'off' } })
    for (const name of ['ada', 'bob', 'eve']) {
      const someone = person(name, { verified: false })
      await someone.user()
      const token = await mail.token(someone.email)
      const replies = await race(30, () => ({ path: '/auth/verify-email', body: { token } }))
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      for (const reply of replies.filter(({ status }) => status !== 200)) expect(reply).toRefuse(400, 'invalid_token')
      const mails = await mail.to(someone.email)
      expect(mails.filter(({ template }) => template === 'welcome')).toHaveLength(1)
    }
  })

  // bar 11
  test('only a POST changes anything', async () => {
    const { anon, outside, someone, mail } = await shared()
    const ada = someone({ verified: false })
    await ada.user()
    const token = await mail.token(ada.email)
    expect(await anon.get('/auth/verify-email', { query: { token } })).toRefuse(405, 'method_not_allowed')
    expect((await anon.head('/auth/verify-email', { query: { token } })).status).toBe(405)
    expect((await outside.get('/verify-email', { query: { token } })).status).toBe(200)
    expect((await anon.post('/auth/verify-email', { token })).status).toBe(200)
  })

  // bar 12
  test('a token is for the address it was mailed to, and dies when the account moves on', async () => {
    const { anon, someone, mail } = await shared()
    const ada = someone({ verified: false })
    await ada.user()
    const token = await mail.token(ada.email)
    await ada.post('/auth/change-email', { email: 'ada@example.org', password: ada.password }).json()
    const moved = await anon.post('/auth/confirm-email-change', { token: await mail.token('ada@example.org') })
    expect(moved.json()).toMatchObject({ email: 'ada@example.org', emailVerified: true })
    expect(await anon.post('/auth/verify-email', { token })).toRefuse(400, 'invalid_token')
  })

  // bar 14
  test('no secret works where another belongs', async () => {
    const { anon, as, person, mail } = await testApp({ env: { RATE_LIMIT: 'off' } })
    const eve = person('eve', { verified: false })
    await eve.user()
    await as.ada.user()
    await anon.post('/auth/forgot-password', { email: as.ada.email }).json()
    await as.bob.post('/auth/change-email', { email: 'bob@example.org', password: as.bob.password }).json()
    const { accessToken, refreshToken } = await as.ada.tokens()
    const secrets: Record<string, string> = {
      '/auth/verify-email': await mail.token(eve.email),
      '/auth/reset-password': await mail.token(as.ada.email, 'reset-password'),
      '/auth/confirm-email-change': await mail.token('bob@example.org'),
      '/auth/revert-email-change': 'none',
      '/access': accessToken,
      '/refresh': refreshToken,
    }
    const password = 'magnet-olive-turbine-9'
    for (const path of Object.keys(secrets).filter((one) => one.startsWith('/auth/'))) {
      for (const [owner, token] of Object.entries(secrets)) {
        if (owner === path) continue
        const body = path === '/auth/reset-password' ? { token, password } : { token }
        // A JWT is longer than any mailed token may be.
        const reply = await anon.post(path, body)
        expect([400, 422]).toContain(reply.status)
      }
    }
    // bar 79
    for (const token of Object.values(secrets).filter((one) => one !== refreshToken)) {
      const reply = await anon.post('/auth/refresh-token', { refreshToken: token })
      expect(reply).toRefuse(401, 'invalid_refresh_token')
    }
    for (const path of ['/auth/verify-email', '/auth/confirm-email-change']) {
      expect((await anon.post(path, { token: secrets[path] })).status).toBe(200)
    }
    expect((await anon.post('/auth/reset-password', { token: secrets['/auth/reset-password'], password })).status).toBe(
      204,
    )
  })

  // bar 15
  test('a token runs out after a day, and then says no more than an unknown one', async () => {
    const { anon, someone, mail, clock } = await shared()
    const ada = someone({ verified: false })
    await ada.user()
    const token = await mail.token(ada.email)
    clock.advance(hours(24))
    const expired = await anon.post('/auth/verify-email', { token })
    expect(expired).toRefuse(400, 'invalid_token')
    expect(seen(expired)).toEqual(seen(await anon.post('/auth/verify-email', { token: 'unknown' })))
  })

  // bar 17
  test('opens what is for verified people only, at once and in the same session', async () => {
    const { anon, person, mail } = await testApp({ features: [...Object.values(list), probe] })
    const ada = person('ada', { verified: false })
    expect(await ada.get('/probe')).toRefuse(403, 'email_not_verified')
    await anon.post('/auth/verify-email', { token: await mail.token(ada.email) }).json()
    expect((await ada.get('/probe')).status).toBe(200)
  })

  test.each([{}, { token: '' }, { token: 'x'.repeat(513) }, { token: ['x'] }, { token: null }])(
    '%j is no token',
    async (body) => {
      const { anon } = await shared()
      expect(await anon.post('/auth/verify-email', body)).toRefuse(422, 'validation_failed')
    },
  )
})

describe('asking for a new link', () => {
  test('ends the one before', async () => {
    const { anon, someone, mail, clock } = await shared()
    const ada = someone({ verified: false })
    await ada.user()
    const first = await mail.token(ada.email)
    clock.advance(seconds(61))
    await anon.post('/auth/resend-verification', { email: ada.email }).json()
    const second = await mail.token(ada.email)
    expect(await anon.post('/auth/verify-email', { token: first })).toRefuse(400, 'invalid_token')
    expect((await anon.post('/auth/verify-email', { token: second })).status).toBe(200)
  })

  test('answers the same for everybody, and mails only who needs one', async () => {
    const { anon, person, mail, clock, someone } = await shared()
    const ada = someone()
    const count = async (address: string) =>
      (await mail.to(address)).filter(({ template }) => template === 'verify-email').length
    const eve = person('eve', { verified: false })
    await eve.user()
    await ada.user()
    await mail.all()
    const before = await count(eve.email)
    clock.advance(seconds(61))
    const replies = []
    for (const email of [eve.email, ada.email, 'nobody@example.com'])
      replies.push(seen(await anon.post('/auth/resend-verification', { email })))
    expect(replies[1]).toEqual(replies[0])
    expect(replies[2]).toEqual(replies[0])
    expect([(await count(eve.email)) - before, await count(ada.email), await count('nobody@example.com')]).toEqual([
      1, 0, 0,
    ])
  })

  // bar 16
  test.each([
    ['/auth/resend-verification', 'verify-email', false],
    ['/auth/forgot-password', 'reset-password', true],
    ['/auth/register', 'already-registered', true],
  ])(
    '%s is no weapon: a hundred from everywhere are one mail a minute, five an hour',
    async (path, template, verified) => {
      const { anon, person, mail, clock, config, runJobs } = await testApp()
      const victim = person('victim', { verified })
      await victim.user()
      clock.advance(hours(2))
      const count = async () => (await mail.to(victim.email)).filter((one) => one.template === template).length
      const before = await count()
      const body = { email: victim.email, password: 'plum-anchor-violet-42', name: 'Victim' }
      const bomb = async (n: number) => {
        const replies = await Promise.all(
          Array.from({ length: n }, (_, i) => anon.from(`203.0.113.${i}`).post(path, body)),
        )
        for (const { status } of replies) expect([202, 503]).toContain(status)
      }
      await bomb(60)
      expect((await count()) - before).toBe(1)
      for (let minute = 0; minute < 20; minute++) {
        clock.advance(minutes(1.1))
        await bomb(2)
        await runJobs()
      }
      expect((await count()) - before).toBe(5)
      clock.advance(hours(1))
      await bomb(2)
      expect((await count()) - before).toBe(6)
      // No row of a token that nobody was mailed stays good.
      expect(rows(config, 'SELECT id FROM one_time_tokens WHERE used_at IS NULL').length).toBeLessThanOrEqual(1)
    },
  )

  test('what is no address is refused', async () => {
    const { anon } = await shared()
    expect(await anon.post('/auth/resend-verification', { email: 'nobody' })).toRefuse(422, 'validation_failed')
    expect(await anon.post('/auth/forgot-password', { email: ['ada@example.com'] })).toRefuse(422, 'validation_failed')
  })
})
