import { describe, expect, test } from 'bun:test'
import { days, seconds } from '#core'
import { atRest, type Client, rows, sharedApp, testApp } from '#tests'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const trade = (client: Client, refreshToken: string) => client.post('/auth/refresh-token', { refreshToken })

describe('a refresh token', () => {
  // bar 70
  test('is traded for a new pair', async () => {
    const { anon, withToken, someone } = await shared()
    const ada = someone()
    const first = await ada.tokens()
    const second = await trade(anon, first.refreshToken).json()
    expect(second).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, user: { email: ada.email } })
    expect(second.refreshToken).not.toBe(first.refreshToken)
    const third = await trade(anon, second.refreshToken).json()
    expect((await withToken(third.accessToken).get('/auth/me')).status).toBe(200)
  })

  // bar 71, bar 72, bar 75
  test('that comes back after the grace ends its session for good: the reply fails, the revocation holds', async () => {
    const { anon, as, withToken, mail, config, clock } = await testApp()
    const other = await as.bob.tokens()
    const first = await as.ada.tokens()
    const elsewhere = await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password }).json()
    const second = await trade(anon, first.refreshToken).json()
    clock.advance(seconds(11))
    expect(await trade(anon, first.refreshToken)).toRefuse(401, 'refresh_token_reused')
    expect(await trade(anon, second.refreshToken)).toRefuse(401, 'invalid_refresh_token')
    for (const { accessToken } of [first, second]) {
      expect(await withToken(accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    }
    expect((await withToken(elsewhere.accessToken).get('/auth/me')).status).toBe(200)
    expect((await trade(anon, other.refreshToken)).status).toBe(200)
    const [event] = rows(config, "SELECT * FROM events WHERE type = 'session.refresh_reused'")
    expect(event).toMatchObject({ outcome: 'failure', user_id: await as.ada.id() })
    expect((await mail.to(as.ada.email)).map(({ template }) => template)).toContain('sessions-revoked')
  })

  // bar 74
  test('whose reply was lost gets the same successor within the grace', async () => {
    const { anon, clock, someone } = await shared()
    const ada = someone()
    const { refreshToken } = await ada.tokens()
    const first = await trade(anon, refreshToken).json()
    clock.advance(seconds(9))
    const again = await trade(anon, refreshToken).json()
    expect(again.refreshToken).toBe(first.refreshToken)
    expect((await trade(anon, first.refreshToken)).status).toBe(200)
  })

  // bar 74
  test('whose successor was used already betrays a thief, grace or not', async () => {
    const { anon, someone } = await shared()
    const ada = someone()
    const { refreshToken } = await ada.tokens()
    const second = await trade(anon, refreshToken).json()
    const third = await trade(anon, second.refreshToken).json()
    expect(await trade(anon, refreshToken)).toRefuse(401, 'refresh_token_reused')
    expect(await trade(anon, third.refreshToken)).toRefuse(401, 'invalid_refresh_token')
  })

  // bar 73
  test('thirty times at once has one successor, and nobody is signed out', async () => {
    const { as, race, withToken, config } = await testApp({ env: { RATE_LIMIT: 'off' } })
    let { refreshToken } = await as.ada.tokens()
    for (let round = 0; round < 3; round++) {
      const replies = await race(30, () => ({ path: '/auth/refresh-token', body: { refreshToken } }))
      expect(replies.map(({ status }) => status)).toEqual(Array(30).fill(200))
      expect(new Set(replies.map((reply) => reply.json().refreshToken)).size).toBe(1)
      const next = replies[0]?.json()
      expect((await withToken(next.accessToken).get('/auth/me')).status).toBe(200)
      refreshToken = next.refreshToken
      expect(rows(config, 'SELECT digest FROM refresh_tokens WHERE used_at IS NULL')).toHaveLength(1)
      expect(rows(config, 'SELECT digest FROM refresh_tokens')).toHaveLength(round + 2)
    }
    expect(rows(config, "SELECT id FROM events WHERE type = 'session.refresh_reused'")).toEqual([])
  })

  // bar 76
  test('is kept as a digest, and so is what comes after it', async () => {
    const { anon, as, config } = await testApp()
    const first = await as.ada.tokens()
    const second = await trade(anon, first.refreshToken).json()
    for (const { refreshToken, accessToken } of [first, second]) {
      expect(refreshToken).toMatch(/^[\w-]{43}$/)
      expect(atRest(config)).not.toContain(refreshToken)
      expect(atRest(config)).not.toContain(accessToken)
      expect(atRest(config)).toContain(new Bun.CryptoHasher('sha256').update(refreshToken).digest('base64url'))
    }
  })

  // bar 78
  test('that rests for seven days is over', async () => {
    const { anon, clock, someone } = await shared()
    const ada = someone()
    const { refreshToken } = await ada.tokens()
    clock.advance(days(7) - seconds(5))
    const next = await trade(anon, refreshToken).json()
    clock.advance(days(7) + seconds(1))
    expect(await trade(anon, next.refreshToken)).toRefuse(401, 'invalid_refresh_token')
  })

  // bar 78
  test('is over after thirty days, however busy', async () => {
    const { anon, clock, someone } = await shared()
    const ada = someone()
    let { refreshToken } = await ada.tokens()
    for (let day = 0; day < 29; day += 5) {
      clock.advance(days(Math.min(5, 29 - day)))
      refreshToken = (await trade(anon, refreshToken).json()).refreshToken
    }
    clock.advance(days(1) + seconds(5))
    expect(await trade(anon, refreshToken)).toRefuse(401, 'invalid_refresh_token')
  })

  // bar 79
  test('is no bearer, and a bearer is no refresh token', async () => {
    const { anon, withToken, someone } = await shared()
    const ada = someone()
    const { accessToken, refreshToken } = await ada.tokens()
    expect(await withToken(refreshToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await trade(anon, accessToken)).toRefuse(401, 'invalid_refresh_token')
  })

  // bar 79
  test('is whoever’s holds it: being signed in as somebody else changes nothing', async () => {
    const { someone } = await shared()
    const ada = someone()
    const bob = someone()
    const { refreshToken } = await ada.tokens()
    expect(await trade(bob, refreshToken).json()).toMatchObject({ user: { email: ada.email } })
  })

  test.each([{}, { refreshToken: '' }, { refreshToken: 'unknown' }])('is missing or unknown: %j', async (body) => {
    const { anon } = await shared()
    expect(await anon.post('/auth/refresh-token', body)).toRefuse(401, 'invalid_refresh_token')
  })

  test('cannot be anything but text', async () => {
    const { anon } = await shared()
    expect(await anon.post('/auth/refresh-token', { refreshToken: ['x'] })).toRefuse(422, 'validation_failed')
    expect(await anon.post('/auth/refresh-token', { refreshToken: 'x'.repeat(513) })).toRefuse(422, 'validation_failed')
  })

  // bar 232
  test('survives a clock that runs a day ahead and comes back', async () => {
    const { anon, as, clock, withToken } = await testApp()
    const first = await as.ada.tokens()
    clock.advance(days(1))
    const second = await trade(anon, first.refreshToken).json()
    clock.advance(-days(1))
    const third = await trade(anon, second.refreshToken).json()
    expect((await withToken(third.accessToken).get('/auth/me')).status).toBe(200)
  })
})
