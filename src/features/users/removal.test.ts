import { describe, expect, test } from 'bun:test'
import { days, systemContext } from '#core'
import { ban, list, remove } from '#features/users'
import { addPeople, addRole, type Client, type Json, rows, testApp } from '#tests'

const found = async (client: Client, q: string) =>
  (await client.get('/users/search', { query: { q } }).json()).data.length

describe('somebody who is deleted', () => {
  // bar 46, 117
  test('is out at once and shown nowhere', async () => {
    const { as, anon } = await testApp()
    await as.ada.patch('/users/me', { name: 'Ada Lovelace' })
    const id = await as.ada.id()
    const { refreshToken } = await as.ada.tokens()
    expect(await found(as.admin, 'lovelace')).toBe(1)
    expect((await as.admin.delete(`/users/${id}`)).status).toBe(204)

    expect(await as.ada.get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect(await anon.post('/auth/refresh-token', { refreshToken })).toRefuse(401, 'invalid_refresh_token')
    expect(await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password })).toRefuse(
      401,
      'invalid_credentials',
    )
    expect(await as.admin.get(`/users/${id}`)).toRefuse(404, 'user_not_found')
    expect(await as.admin.delete(`/users/${id}`)).toRefuse(404, 'user_not_found')
    expect(await found(as.admin, 'lovelace')).toBe(0)
    expect(await found(as.admin, as.ada.email)).toBe(0)
    const everybody = await as.admin.get('/users?count=true').json()
    expect(everybody.meta.total).toBe(1)
    expect(everybody.data.map((one: Json) => one.id)).not.toContain(id)
  })

  test('comes back as they were, and signs in anew', async () => {
    const { as } = await testApp()
    const id = await as.ada.id()
    const before = await as.ada.get('/users/me').json()
    await as.admin.delete(`/users/${id}`)
    const after = await as.admin.post(`/users/${id}/restore`).json()
    expect(after).toMatchObject({ ...before, updatedAt: expect.any(String), status: 'active', deletedAt: null })
    expect(await found(as.admin, 'ada')).toBe(1)
    // bar 46
    expect(await as.ada.get('/users/me')).toRefuse(401, 'invalid_access_token')
    await as.ada.signIn()
    expect((await as.ada.get('/users/me')).status).toBe(200)
  })

  test('left an address that is free again; whoever takes it keeps it', async () => {
    const { as, anon, mail, app } = await testApp()
    const id = await as.ada.id()
    await as.admin.delete(`/users/${id}`)
    const account = { email: as.ada.email, password: as.ada.password, name: 'Another' }
    expect((await anon.post('/auth/register', account)).status).toBe(202)
    await anon.post('/auth/verify-email', { token: await mail.token(as.ada.email, 'verify-email') }).json()
    expect(await as.admin.post(`/users/${id}/restore`)).toRefuse(409, 'email_taken')
    const deleted = await as.admin.get('/users?deleted=only').json()
    expect(deleted.data.map((one: Json) => one.id)).toEqual([id])
    expect(await found(as.admin, 'another')).toBe(1)
    expect((await list(systemContext(app, 'test'), {})).data).toHaveLength(2)
  })

  test('is erased after 30 days, not before', async () => {
    const { as, clock, runJobs, config } = await testApp()
    const id = await as.ada.id()
    await as.admin.delete(`/users/${id}`)
    clock.advance(days(29))
    await runJobs()
    expect(rows(config, 'SELECT id FROM users WHERE id = ?', id)).toHaveLength(1)
    clock.advance(days(1.1))
    await runJobs()
    expect(rows(config, 'SELECT id FROM users WHERE id = ?', id)).toEqual([])
    await as.admin.signIn()
    expect(await as.admin.post(`/users/${id}/restore`)).toRefuse(404, 'user_not_found')
  }, 30_000)

  test('is in the journal, going and coming', async () => {
    const { as, config } = await testApp()
    const id = await as.ada.id()
    await as.admin.delete(`/users/${id}`)
    await as.admin.post(`/users/${id}/restore`)
    const events = rows(
      config,
      "SELECT type, actor_id, payload FROM events WHERE subject_id = ? AND type IN ('user.deleted', 'user.restored')",
      id,
    )
    expect(events.map(({ type }) => type)).toEqual(['user.deleted', 'user.restored'])
    expect(events.every(({ actor_id }) => actor_id !== id)).toBe(true)
    expect(JSON.parse(events[1].payload)).toMatchObject({
      before: { deletedAt: expect.any(String) },
      after: { deletedAt: null },
    })
  })
})

describe('who may delete', () => {
  // bar 110, 117
  test('is told by a permission; bringing back too', async () => {
    const { as, anon, person } = await testApp()
    const id = await as.ada.id()
    for (const path of [`/users/${id}/restore`]) {
      expect(await anon.post(path)).toRefuse(401, 'unauthenticated')
      expect(await as.bob.post(path)).toRefuse(403, 'forbidden')
      expect(await person('helper', { role: 'support' }).post(path)).toRefuse(403, 'forbidden')
    }
    expect(await anon.delete(`/users/${id}`)).toRefuse(401, 'unauthenticated')
    expect(await as.bob.delete(`/users/${id}`)).toRefuse(403, 'forbidden')
    expect(await as.admin.post(`/users/${id}/restore`)).toRefuse(404, 'user_not_found')
    expect(await as.admin.post(`/users/${crypto.randomUUID()}/restore`)).toRefuse(404, 'user_not_found')
  })

  test('nobody deletes themselves like this, nor somebody who may do more', async () => {
    const house = await testApp()
    const { as, person } = house
    const self = await as.admin.id()
    expect(await as.admin.delete(`/users/${self}`)).toRefuse(403, 'not_yourself')
    await addRole(house, 'cleaner', ['users:delete'])
    const cleaner = person('cleaner', { role: 'cleaner' })
    expect(await cleaner.delete(`/users/${self}`)).toRefuse(403, 'outranked')
    expect((await cleaner.delete(`/users/${await as.ada.id()}`)).status).toBe(204)
    const [other = ''] = await addPeople(house, 1, () => ({ role: 'admin', deletedAt: house.clock.now() }))
    expect(await cleaner.post(`/users/${other}/restore`)).toRefuse(403, 'outranked')
  })

  // bar 114
  test('the last admin stays, whoever asks', async () => {
    const { as, app } = await testApp()
    const id = await as.admin.id()
    const ctx = systemContext(app, 'script')
    await expect(remove(ctx, id)).rejects.toMatchObject({ code: 'last_admin' })
    await expect(ban(ctx, id, { reason: 'x' })).rejects.toMatchObject({ code: 'last_admin' })
  })
})
