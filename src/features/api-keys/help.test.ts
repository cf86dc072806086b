import { describe, expect, test } from 'bun:test'
import { addRole, rows, sharedApp, testApp } from '#tests'
import { keyOf } from './cast.test.kit'

const shared = sharedApp()

describe('the keys of somebody else', () => {
  test('are shown to those who manage people, without secrets and without revoked ones', async () => {
    const { as } = await testApp()
    const id = await as.ada.id()
    const [kept, gone] = [await keyOf(as.ada, { name: 'kept' }), await keyOf(as.ada, { name: 'gone' })]
    await keyOf(as.bob)
    await as.ada.delete(`/api-keys/${gone.id}`)
    const reply = await as.admin.get(`/admin/users/${id}/api-keys?count=true`)
    expect(reply.json()).toMatchObject({ data: [{ id: kept.id, name: 'kept' }], meta: { total: 1 } })
    expect(reply.text).not.toContain(kept.secret)
  })

  // bar 105
  test('open nothing once an admin has revoked them, and it is on record who did', async () => {
    const { as, withKey, config } = await testApp()
    const { id, secret } = await keyOf(as.ada, { name: 'leaked' })
    expect((await withKey(secret).get('/auth/me')).status).toBe(200)
    const path = `/admin/users/${await as.ada.id()}/api-keys/${id}`
    expect((await as.admin.delete(path)).status).toBe(204)
    expect(await withKey(secret).get('/auth/me')).toRefuse(401, 'invalid_api_key')
    expect(await as.admin.delete(path)).toRefuse(404, 'api_key_not_found')
    const [event] = rows(config, "SELECT * FROM events WHERE type = 'api_key.revoked'")
    expect(event).toMatchObject({ actor_id: await as.admin.id(), user_id: await as.ada.id() })
  })

  test('are nobody’s business but theirs who may, with a session', async () => {
    const house = await shared()
    const { as, person, anon, withKey } = house
    const { id, secret } = await keyOf(as.admin, { scopes: ['users:manage'] })
    const path = `/admin/users/${await as.ada.id()}/api-keys`
    expect(await anon.get(path)).toRefuse(401, 'unauthenticated')
    expect(await as.bob.get(path)).toRefuse(403, 'forbidden')
    expect(await withKey(secret).get(path)).toRefuse(403, 'session_required')
    expect(await as.admin.get(`/admin/users/${crypto.randomUUID()}/api-keys`)).toRefuse(404, 'user_not_found')
    expect(await as.bob.delete(`${path}/${id}`)).toRefuse(403, 'forbidden')
    expect(await as.admin.delete(`${path}/${id}`)).toRefuse(404, 'api_key_not_found')
    const admin = await as.admin.id()
    expect(await as.admin.delete(`/admin/users/${admin}/api-keys/${id}`)).toRefuse(403, 'not_yourself')
    await addRole(house, 'manager', ['users:read', 'users:manage'])
    const manager = person('manager', { role: 'manager' })
    expect(await manager.delete(`/admin/users/${admin}/api-keys/${id}`)).toRefuse(403, 'outranked')
  })
})
