import { describe, expect, test } from 'bun:test'
import { minutes } from '#core'
import { addRole, type Json, rows, sharedApp, testApp } from '#tests'

const house = sharedApp()

describe('roles', () => {
  test('are made, read, changed and deleted, each step in the journal with before and after', async () => {
    const { as, config } = await testApp()
    const made = await as.admin.post('/admin/roles', {
      name: 'helpdesk',
      description: ' Answers ',
      permissions: ['users:read', 'users:read', 'users:manage'],
    })
    expect(made.status).toBe(201)
    expect(made.json()).toMatchObject({
      name: 'helpdesk',
      description: 'Answers',
      permissions: ['users:read', 'users:manage'],
      builtin: false,
    })
    expect(await as.admin.get('/admin/roles/helpdesk').json()).toEqual(made.json())
    const changed = await as.admin.patch('/admin/roles/helpdesk', { permissions: ['audit:*'] }).json()
    expect(changed).toMatchObject({ description: 'Answers', permissions: ['audit:*'] })
    expect((await as.admin.delete('/admin/roles/helpdesk')).status).toBe(204)
    expect(await as.admin.get('/admin/roles/helpdesk')).toRefuse(404, 'role_not_found')

    const events = rows(config, "SELECT type, payload FROM events WHERE type LIKE 'role.%' ORDER BY seq")
    expect(events.map(({ type }) => type)).toEqual(['role.created', 'role.updated', 'role.deleted'])
    expect(JSON.parse(events[1].payload)).toEqual({
      role: 'helpdesk',
      before: { description: 'Answers', permissions: ['users:read', 'users:manage'] },
      after: { description: 'Answers', permissions: ['audit:*'] },
    })
  })

  // bar 46
  test('that change hold with the next request of everybody who has them', async () => {
    const house = await testApp()
    const { as, person } = house
    await addRole(house, 'helpdesk', ['users:read'])
    const helper = person('helper', { role: 'helpdesk' })
    expect((await helper.get('/users')).status).toBe(200)
    await as.admin.patch('/admin/roles/helpdesk', { permissions: [] }).json()
    expect(await helper.get('/users')).toRefuse(403, 'forbidden')
    await as.admin.patch('/admin/roles/helpdesk', { permissions: ['users:*'] }).json()
    expect((await helper.get('/users')).status).toBe(200)
  })

  test('are listed, the built-in ones too', async () => {
    const { as } = await house()
    const { data, meta } = await as.admin.get('/admin/roles?sort=name&count=true').json()
    const names = data.map(({ name }: Json) => name)
    expect(names).toEqual(names.toSorted())
    expect(names).toEqual(expect.arrayContaining(['admin', 'support', 'user']))
    expect(meta.total).toBe(names.length)
    expect(data.find(({ name }: Json) => name === 'admin')).toMatchObject({ permissions: ['*'], builtin: true })
    expect(await as.admin.get('/admin/roles/support').json()).toMatchObject({
      permissions: ['users:read', 'activities:read', 'audit:read'],
    })
  })

  test('that are built in stay; what user and support may do can be changed', async () => {
    const { as } = await testApp()
    for (const name of ['user', 'support', 'admin'])
      expect(await as.admin.delete(`/admin/roles/${name}`)).toRefuse(409, 'builtin_role')
    expect(await as.admin.patch('/admin/roles/admin', { permissions: [] })).toRefuse(409, 'builtin_role')
    expect((await as.admin.patch('/admin/roles/support', { permissions: ['users:read'] })).status).toBe(200)
  })

  test('that somebody has are not deleted, not even if that person was', async () => {
    const house = await testApp()
    const { as, person } = house
    await addRole(house, 'helpdesk', [])
    const id = await person('helper', { role: 'helpdesk' }).id()
    expect(await as.admin.delete('/admin/roles/helpdesk')).toRefuse(409, 'role_in_use')
    await as.admin.delete(`/users/${id}`)
    expect(await as.admin.delete('/admin/roles/helpdesk')).toRefuse(409, 'role_in_use')
  })

  test('have a name of their own, and permissions that exist', async () => {
    const { as } = await house()
    expect(await as.admin.post('/admin/roles', { name: 'user', permissions: [] })).toRefuse(409, 'role_exists')
    const unknown = await as.admin.post('/admin/roles', {
      name: 'x',
      permissions: ['users:read', 'users:fly', 'nope:*'],
    })
    expect(unknown).toRefuse(422, 'unknown_permission')
    expect(unknown.json().errors.map(({ path }: Json) => path)).toEqual(['/permissions/1', '/permissions/2'])
    for (const name of ['', 'Caps', '1st', 'with space', '../x', 'a'.repeat(41), 'ä'])
      expect(await as.admin.post('/admin/roles', { name, permissions: [] })).toRefuse(422, 'validation_failed')
    expect(await as.admin.post('/admin/roles', { name: 'x', permissions: 'users:read' })).toRefuse(
      422,
      'validation_failed',
    )
    expect(await as.admin.patch('/admin/roles/user', {})).toRefuse(422, 'nothing_to_change')
    expect(await as.admin.patch('/admin/roles/nobody', { permissions: [] })).toRefuse(404, 'role_not_found')
    expect(await as.admin.delete('/admin/roles/nobody')).toRefuse(404, 'role_not_found')
    // bar 118
    for (const name of ['-1', '%00', 'x'.repeat(5000), '9223372036854775808'])
      expect((await as.admin.get(`/admin/roles/${name}`)).status).toBe(404)
  })

  test('give nobody what they do not hold themselves', async () => {
    const house = await testApp()
    const { as, person } = house
    await addRole(house, 'editor', ['roles:*', 'users:read'])
    const editor = person('editor', { role: 'editor' })
    const make = (permissions: string[]) => editor.post('/admin/roles', { name: `r${permissions.length}`, permissions })
    expect(await make(['*'])).toRefuse(403, 'permission_not_held')
    expect(await make(['users:*'])).toRefuse(403, 'permission_not_held')
    expect(await make(['users:read', 'audit:read'])).toRefuse(403, 'permission_not_held')
    expect((await make(['users:read', 'roles:manage', 'roles:*'])).status).toBe(201)
    expect(await editor.patch('/admin/roles/editor', { permissions: ['*'] })).toRefuse(403, 'permission_not_held')
    expect(await editor.patch('/admin/roles/support', { permissions: [] })).toRefuse(403, 'permission_not_held')
    await addRole(house, 'auditor', ['audit:read'])
    expect(await editor.delete('/admin/roles/auditor')).toRefuse(403, 'permission_not_held')
    expect((await as.admin.delete('/admin/roles/auditor')).status).toBe(204)
  })

  test('are for those who may, and change only after a fresh proof of password', async () => {
    const { as, anon, clock, withToken } = await testApp()
    const calls: [string, string, Json?][] = [
      ['GET', '/admin/roles'],
      ['GET', '/admin/roles/user'],
      ['GET', '/admin/permissions'],
      ['POST', '/admin/roles', { name: 'x', permissions: [] }],
      ['PATCH', '/admin/roles/user', { permissions: ['*'] }],
      ['DELETE', '/admin/roles/user'],
    ]
    for (const [method, path, body] of calls) {
      expect(await anon.send(method, path, body)).toRefuse(401, 'unauthenticated')
      expect(await as.ada.send(method, path, body)).toRefuse(403, 'forbidden')
    }
    const { refreshToken } = await as.admin.tokens()
    clock.advance(minutes(16))
    const { accessToken } = await anon.post('/auth/refresh-token', { refreshToken }).json()
    for (const [method, path, body] of calls) {
      const reply = await withToken(accessToken).send(method, path, body)
      if (method === 'GET') expect(reply.status).toBe(200)
      else expect(reply).toRefuse(403, 'step_up_required')
    }
  })
})

describe('permissions', () => {
  test('are listed once each with what they allow, in order', async () => {
    const { as, app } = await house()
    const list: Json[] = await as.admin.get('/admin/permissions').json()
    const names = list.map(({ name }) => name)
    expect(names).toEqual(names.toSorted())
    expect(new Set(names).size).toBe(names.length)
    expect(list.every(({ name, description }) => /^[a-z-]+:[a-z-]+$/.test(name) && description.length > 5)).toBe(true)
    const declared = app.features.flatMap(({ permissions }) => Object.keys(permissions ?? {}))
    expect(new Set(names)).toEqual(new Set(declared))
  })

  test('that a route asks for are all declared by a feature', async () => {
    const { api, app } = await house()
    const declared = app.features.flatMap(({ permissions }) => Object.keys(permissions ?? {}))
    const asked = api.policies.flatMap(({ access }) => (access.kind !== 'public' && access.permission) || [])
    expect(asked.filter((permission) => !declared.includes(permission))).toEqual([])
  })
})
