import { describe, expect, test } from 'bun:test'
import { days, minutes, newId } from '#core'
import { type Client, rows, sharedApp, type TestApp, testApp } from '#tests'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const login = async ({ anon, as }: TestApp, headers: Record<string, string> = {}) =>
  anon.with(headers).post('/auth/login', { email: as.ada.email, password: as.ada.password }).json()

const ids = async (client: Client) =>
  (await client.get('/auth/sessions?limit=100').json()).data.map(({ id }: { id: string }) => id)

describe('my sessions', () => {
  // bar 82
  test('are listed with what tells them apart, newest first', async () => {
    const house = await testApp()
    await house.as.ada.user()
    house.clock.advance(minutes(1))
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    const second = await login(house, { 'user-agent': firefox })
    const { data, meta } = await house.withToken(second.accessToken).get('/auth/sessions').json()
    expect(meta).toEqual({ limit: 20, nextCursor: null })
    expect(data).toHaveLength(2)
    expect(data[0]).toMatchObject({ current: true, device: 'Firefox on Linux', ip: expect.stringContaining('198.51.') })
    expect(data[1]).toMatchObject({ current: false, device: 'Unknown device' })
    for (const name of ['createdAt', 'lastSeenAt', 'expiresAt']) expect(data[0][name]).toMatch(/^\d{4}-.*Z$/)
  })

  test('come a page at a time where there are many, like every list', async () => {
    const house = await testApp()
    const { ada } = house.as
    await ada.user()
    for (let i = 0; i < 2; i++) {
      house.clock.advance(minutes(1))
      await login(house)
    }
    const first = await ada.get('/auth/sessions?limit=2&count=true')
    const { data, meta } = first.json()
    expect(meta).toEqual({ limit: 2, nextCursor: expect.any(String), total: 3 })
    expect(first.headers.get('link')).toContain('rel="next"')
    const rest = await ada.get(`/auth/sessions?limit=2&cursor=${meta.nextCursor}`).json()
    expect([...data, ...rest.data].map(({ current }) => current)).toEqual([false, false, true])
    expect(await ada.get('/auth/sessions?limit=0')).toRefuse(422, 'validation_failed')
  })

  // bar 82
  test('are ended one by one; somebody else’s are not there', async () => {
    const house = await testApp()
    const { as, withToken, anon } = house
    await as.ada.user()
    const second = await login(house)
    const [bobs] = await ids(as.bob)
    const [secondId, firstId] = await ids(as.ada)
    expect(await as.ada.delete(`/auth/sessions/${bobs}`)).toRefuse(404, 'session_not_found')
    expect(await as.ada.delete(`/auth/sessions/${newId()}`)).toRefuse(404, 'session_not_found')
    expect(await as.ada.delete('/auth/sessions/1')).toRefuse(404, 'not_found')
    expect((await as.ada.delete(`/auth/sessions/${secondId}`)).status).toBe(204)
    // bar 66
    expect(await withToken(second.accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await anon.post('/auth/refresh-token', { refreshToken: second.refreshToken })).toRefuse(
      401,
      'invalid_refresh_token',
    )
    expect(await as.ada.delete(`/auth/sessions/${secondId}`)).toRefuse(404, 'session_not_found')
    expect(await ids(as.ada)).toEqual([firstId])
    expect((await as.bob.get('/auth/me')).status).toBe(200)
  })

  // bar 84
  test('are fifty at most: the oldest makes room, and is over at once', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { as, withToken, config, clock } = house
    const oldest = await as.ada.tokens()
    let last = oldest
    for (let i = 0; i < 60; i++) {
      clock.advance(10)
      last = await login(house)
    }
    expect(await ids(withToken(last.accessToken))).toHaveLength(50)
    expect(await withToken(oldest.accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(rows(config, 'SELECT id FROM sessions WHERE revoked_at IS NULL')).toHaveLength(50)
    expect(rows(config, 'SELECT DISTINCT session_id FROM refresh_tokens')).toHaveLength(50)
  })

  // bar 84
  test('that are over leave the list after a week of silence, and the database some time later', async () => {
    const house = await testApp()
    const { as, config, clock, runJobs } = house
    await as.ada.user()
    clock.advance(days(7) + 1)
    const { accessToken } = await login(house)
    expect(await ids(house.withToken(accessToken))).toHaveLength(1)
    clock.advance(days(38))
    await runJobs()
    expect(rows(config, 'SELECT id FROM sessions')).toEqual([])
    expect(rows(config, 'SELECT digest FROM refresh_tokens')).toEqual([])
    expect(rows(config, 'SELECT id FROM one_time_tokens')).toEqual([])
    expect(rows(config, 'SELECT key FROM throttles')).toEqual([])
  })
})

describe('signing out', () => {
  // bar 66, bar 80
  test('ends the session at once, access token included; the second time there is none', async () => {
    const { anon, withToken, someone } = await shared()
    const ada = someone()
    const { accessToken, refreshToken } = await ada.tokens()
    const me = withToken(accessToken)
    expect((await me.get('/auth/me')).status).toBe(200)
    const reply = await me.post('/auth/logout')
    expect([reply.status, reply.text]).toEqual([204, ''])
    expect(await me.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await me.post('/auth/logout')).toRefuse(401, 'invalid_access_token')
    expect(await anon.post('/auth/refresh-token', { refreshToken })).toRefuse(401, 'invalid_refresh_token')
  })

  // bar 80
  test('without a session, or with junk, is refused and breaks nothing', async () => {
    const { anon } = await shared()
    expect(await anon.post('/auth/logout')).toRefuse(401, 'unauthenticated')
    expect(await anon.with({ authorization: 'Bearer junk' }).post('/auth/logout')).toRefuse(401, 'invalid_access_token')
    const cookies = anon.with({ cookie: 'access=junk; refresh=junk', origin: 'http://localhost:3000' })
    const reply = await cookies.post('/auth/logout')
    expect(reply).toRefuse(401, 'invalid_refresh_token')
    expect(reply.headers.getSetCookie()).toEqual([
      'access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
      'refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ])
    expect((await anon.post('/auth/logout', { junk: true })).status).toBe(401)
  })

  test('everywhere ends all sessions, or all but this one', async () => {
    const house = await testApp()
    const { as, withToken } = house
    await as.ada.user()
    const second = withToken((await login(house)).accessToken)
    expect((await as.ada.post('/auth/logout-all', { keepCurrent: true })).status).toBe(204)
    expect(await second.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect((await as.ada.get('/auth/me')).status).toBe(200)
    expect((await as.ada.post('/auth/logout-all')).status).toBe(204)
    expect(await as.ada.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect((await as.bob.get('/auth/me')).status).toBe(200)
    expect(await as.bob.post('/auth/logout-all', { keepCurrent: 'perhaps' })).toRefuse(422, 'validation_failed')
  })

  // bar 81
  test('everywhere holds against a refresh at the same time: no token lives afterwards', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { as, anon, race, withToken } = house
    await as.ada.user()
    for (let round = 0; round < 20; round++) {
      const { refreshToken, accessToken } = await login(house)
      const [out, ...replies] = await race(6, (i) =>
        i === 0
          ? { as: withToken(accessToken), path: '/auth/logout-all' }
          : { path: '/auth/refresh-token', body: { refreshToken } },
      )
      expect(out?.status).toBe(204)
      for (const reply of replies) {
        expect([200, 401]).toContain(reply.status)
        if (reply.status !== 200) continue
        const next = reply.json()
        expect(await withToken(next.accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
        expect(await anon.post('/auth/refresh-token', { refreshToken: next.refreshToken })).toRefuse(
          401,
          'invalid_refresh_token',
        )
      }
      expect(await withToken(accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    }
  })

  // bar 66
  test('holds for requests that come while the session’s state is being read', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    await house.as.ada.user()
    for (let round = 0; round < 20; round++) {
      const me = house.withToken((await login(house)).accessToken)
      const reads = Array.from({ length: 5 }, () => me.get('/auth/me'))
      const out = me.post('/auth/logout')
      const more = Array.from({ length: 5 }, () => me.get('/auth/me'))
      expect((await out).status).toBe(204)
      expect(await me.get('/auth/me')).toRefuse(401, 'invalid_access_token')
      await Promise.all([...reads, ...more])
      expect(await me.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    }
  })
})
