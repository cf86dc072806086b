import { describe, expect, test } from 'bun:test'
import { days, hours, systemContext } from '#core'
import { atRest, rows, testApp } from '#tests'

describe('deleting an account', () => {
  test('is scheduled with the password; other sessions end, signing in still works', async () => {
    const { as, anon, withToken, mail, clock } = await testApp()
    await as.ada.user()
    const other = await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password }).json()
    const reply = await as.ada.delete('/users/me', { password: as.ada.password })
    expect(reply.status).toBe(202)
    const at = Date.parse(reply.json().deletionScheduledAt)
    expect(Math.abs(at - clock.now().getTime() - days(14))).toBeLessThan(5000)
    expect((await as.ada.get('/auth/me')).status).toBe(200)
    expect(await withToken(other.accessToken).get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect((await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password })).status).toBe(200)
    expect((await mail.to(as.ada.email)).map(({ template }) => template)).toContain('account-deletion-scheduled')
    clock.advance(days(1))
    await as.ada.signIn()
    const again = await as.ada.delete('/users/me', { password: as.ada.password })
    expect(Date.parse(again.json().deletionScheduledAt)).toBe(at)
  })

  test('is refused without a session, without the password, and to the last admin', async () => {
    const { as, anon, person } = await testApp()
    expect(await anon.delete('/users/me', { password: 'x' })).toRefuse(401, 'unauthenticated')
    expect(await as.ada.delete('/users/me', {})).toRefuse(422, 'validation_failed')
    expect(await as.ada.delete('/users/me', { password: 'not-the-password' })).toRefuse(401, 'invalid_credentials')
    // bar 114
    expect(await as.admin.delete('/users/me', { password: as.admin.password })).toRefuse(409, 'last_admin')
    await person('second', { role: 'admin' }).user()
    expect((await as.admin.delete('/users/me', { password: as.admin.password })).status).toBe(202)
    const second = person('second')
    expect(await second.delete('/users/me', { password: second.password })).toRefuse(409, 'last_admin')
  })

  // bar 114
  test('by two admins at once leaves one of them', async () => {
    const { person, race } = await testApp()
    const [one, two] = [person('one', { role: 'admin' }), person('two', { role: 'admin' })]
    await one.user()
    await two.user()
    const replies = await race(2, (i) => {
      const someone = i === 0 ? one : two
      return { as: someone, method: 'DELETE', path: '/users/me', body: { password: someone.password } }
    })
    expect(replies.map(({ status }) => status).sort()).toEqual([202, 409])
  })

  test('can be taken back until then', async () => {
    const { as, clock, runJobs } = await testApp()
    expect(await as.ada.post('/users/me/restore')).toRefuse(409, 'deletion_not_scheduled')
    await as.ada.delete('/users/me', { password: as.ada.password }).json()
    clock.advance(days(13))
    await as.ada.signIn()
    expect((await as.ada.post('/users/me/restore')).json()).toMatchObject({ email: as.ada.email })
    clock.advance(days(2))
    await runJobs()
    await as.ada.signIn()
    expect((await as.ada.get('/auth/me')).status).toBe(200)
  })

  // bar 245
  test('erases what is held about the person; what happened stays, without whom, and the chain holds', async () => {
    const { as, anon, app, clock, runJobs, config, mail } = await testApp()
    const id = await as.ada.id()
    const bob = await as.bob.id()
    await anon.post('/auth/login', { email: as.ada.email, password: 'not-the-password-at-all' })
    await anon.post('/auth/forgot-password', { email: as.ada.email }).json()
    await as.ada.patch('/users/me', { name: 'Augusta Ada King' }).json()
    await as.ada.delete('/users/me', { password: as.ada.password }).json()
    await mail.all()
    clock.advance(days(14) + hours(2))
    await runJobs()
    await runJobs()
    const left = atRest(config)
    for (const trace of [as.ada.email, 'Augusta Ada King', '"Ada"']) expect(left).not.toContain(trace)
    for (const table of ['passwords', 'sessions', 'one_time_tokens', 'known_devices', 'emails']) {
      expect(rows(config, `SELECT * FROM ${table} WHERE user_id = ?`, id)).toEqual([])
    }
    expect(left).not.toContain(new Bun.CryptoHasher('sha256').update(as.ada.email).digest('base64url'))
    const events = rows(config, 'SELECT * FROM events WHERE user_id = ?', id)
    expect(events.map(({ type }) => type)).toContain('user.deleted')
    for (const event of events) expect([event.payload, event.subject_label, event.ip]).toEqual([null, null, null])
    expect(await app.journal.verify()).toMatchObject({ ok: true })
    expect(rows(config, 'SELECT id FROM users')).toEqual([{ id: bob }])
    expect(await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password })).toRefuse(
      401,
      'invalid_credentials',
    )
    expect(
      (await anon.post('/auth/register', { email: as.ada.email, password: 'plum-anchor-violet-42', name: 'New' }))
        .status,
    ).toBe(202)
  })
})

// bar 244
test('what is held about a person can be handed to them, without a hash, a token or somebody else', async () => {
  const { as, app, anon, config } = await testApp()
  const id = await as.ada.id()
  await as.bob.user()
  await anon.post('/auth/forgot-password', { email: as.ada.email }).json()
  const ctx = systemContext(app, 'test')
  const files = await Promise.all(app.features.map((feature) => feature.exportUser?.(ctx, id)))
  const text = JSON.stringify(files)
  expect(text).toContain(as.ada.email)
  expect(text).toContain('"sessions.json":[{')
  for (const hidden of [as.bob.email, 'argon2', 'digest']) expect(text).not.toContain(hidden)
  for (const { hash } of rows(config, 'SELECT hash FROM passwords')) expect(text).not.toContain(hash)
  const { accessToken, refreshToken } = await as.ada.tokens()
  for (const token of [accessToken, refreshToken]) expect(text).not.toContain(token)
})
