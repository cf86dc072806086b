import { describe, expect, test } from 'bun:test'
import { minutes } from '#core'
import { type Json, type Person, testApp } from '#tests'

const refusals = async (reader: Person): Promise<Json[]> =>
  (await reader.get('/admin/audit-logs', { query: { action: 'access.*', sort: 'createdAt', limit: 100 } }).json()).data

describe('a refusal', () => {
  // bar 237
  test('of somebody who may not do it is written down', async () => {
    const { as } = await testApp()
    const id = await as.ada.id()
    const refused = await as.ada.from('203.0.113.7').get('/admin/audit-logs/export')
    expect(await refusals(as.admin)).toMatchObject([
      {
        outcome: 'failure',
        actor: { type: 'user', id, name: 'Ada' },
        resource: { type: 'route', id: 'GET /api/v1/admin/audit-logs/export' },
        details: { code: 'forbidden', permission: 'audit:export' },
        ip: '203.0.113.7',
        requestId: refused.headers.get('x-request-id'),
      },
    ])
  })

  // bar 237
  test('of a stranger at an admin’s door is written down, with or without a credential', async () => {
    const { anon, as, withToken } = await testApp()
    await anon.from('203.0.113.1').get('/admin/audit-logs')
    await withToken('not.a.token').from('203.0.113.2').get('/admin/audit-logs')
    const found = await refusals(as.admin)
    expect(found.map(({ actor, ip, details }) => [actor.type, ip, details.code])).toEqual([
      ['anonymous', '203.0.113.1', 'unauthenticated'],
      ['anonymous', '203.0.113.2', 'invalid_access_token'],
    ])
  })

  // bar 237
  test('of a made-up link or refresh token is written down', async () => {
    const { anon, as } = await testApp()
    await anon.post('/auth/verify-email', { token: 'made-up-and-long-enough-to-be-one-of-ours-0000' })
    await anon.post('/auth/refresh-token', { refreshToken: 'made-up-and-long-enough-to-be-one-of-ours-0000' })
    const found = await refusals(as.admin)
    expect(found.map(({ details }) => details.code)).toEqual(['invalid_token', 'invalid_refresh_token'])
    expect(JSON.stringify(found)).not.toContain('made-up')
  })

  // bar 237
  test('of more guesses than there may be is written down', async () => {
    const { anon, as } = await testApp()
    await as.ada.user()
    const guess = () => anon.post('/auth/login', { email: as.ada.email, password: 'not what it is at all' })
    for (let n = 0; n < 10; n++) await guess()
    expect(await guess()).toRefuse(429, 'rate_limited')
    const [found] = await refusals(as.admin)
    expect(found).toMatchObject({
      resource: { type: 'route', id: 'POST /api/v1/auth/login' },
      details: { code: 'rate_limited' },
    })
  })

  test('that happens every day is not: a worn-out session, a missing page, a wrong field', async () => {
    const { anon, as } = await testApp()
    await anon.get('/users/me')
    await as.ada.get('/nowhere')
    await as.ada.patch('/users/me', { name: '' })
    expect(await refusals(as.admin)).toEqual([])
  })

  test('again and again is one row a minute', async () => {
    const { as, clock } = await testApp()
    for (let n = 0; n < 20; n++) await as.ada.get('/admin/audit-logs')
    expect(await refusals(as.admin)).toHaveLength(1)
    clock.advance(minutes(1))
    await as.ada.get('/admin/audit-logs')
    expect(await refusals(as.admin)).toHaveLength(2)
  })

  test('by a flood from everywhere does not fill the journal', async () => {
    const { anon, as } = await testApp()
    for (let n = 0; n < 100; n++) await anon.from(`203.0.113.${n}`).get('/admin/audit-logs')
    expect(await refusals(as.admin)).toHaveLength(60)
  })

  test('stands even if it cannot be written down', async () => {
    const { app, as } = await testApp()
    await as.ada.user()
    app.journal.record = () => Promise.reject(new Error('The disk is full'))
    expect(await as.ada.get('/admin/audit-logs')).toRefuse(403, 'forbidden')
  })
})

// bar 240
test('what cannot be written down does not happen', async () => {
  const { app, as } = await testApp()
  await as.ada.user()
  const { record } = app.journal
  app.journal.record = () => Promise.reject(new Error('The disk is full'))
  expect(await as.ada.patch('/users/me', { name: 'Ada Lovelace' })).toRefuse(500, 'internal_error')
  expect(
    (
      await as.ada.post('/auth/change-password', {
        currentPassword: as.ada.password,
        newPassword: 'three unrelated words 9',
      })
    ).status,
  ).toBe(500)
  app.journal.record = record
  expect(await as.ada.get('/users/me').json()).toMatchObject({ name: 'Ada' })
  await as.ada.signIn(as.ada.password)
})
