import { describe, expect, test } from 'bun:test'
import { days, hours, later, minutes } from '#core'
import { addRole, rows, testApp } from '#tests'

const eventsOf = (config: { dataDir: string }, type: string) =>
  rows(config, 'SELECT * FROM events WHERE type = ? ORDER BY seq', type).map((event) => ({
    ...event,
    payload: JSON.parse(event.payload),
  }))

/** An admin whose password was proved too long ago, with a fresh access token. */
const stale = async ({ as, anon, clock, withToken }: Awaited<ReturnType<typeof testApp>>) => {
  const { refreshToken } = await as.admin.tokens()
  clock.advance(minutes(16))
  const { accessToken } = await anon.post('/auth/refresh-token', { refreshToken }).json()
  return withToken(accessToken)
}

describe('a role', () => {
  // bar 46
  test('holds with the next request, given and taken', async () => {
    const { as, config } = await testApp()
    const id = await as.ada.id()
    expect(await as.ada.get('/users')).toRefuse(403, 'forbidden')
    const after = await as.admin.patch(`/admin/users/${id}/role`, { role: 'support' }).json()
    expect(after).toMatchObject({ id, role: 'support', status: 'active' })
    expect((await as.ada.get('/users')).status).toBe(200)
    await as.admin.patch(`/admin/users/${id}/role`, { role: 'user' }).json()
    expect(await as.ada.get('/users')).toRefuse(403, 'forbidden')
    expect(eventsOf(config, 'user.role_changed').map(({ payload }) => [payload.before, payload.after])).toEqual([
      [{ role: 'user' }, { role: 'support' }],
      [{ role: 'support' }, { role: 'user' }],
    ])
  })

  test('given twice changes nothing and is not in the journal', async () => {
    const { as, config } = await testApp()
    const id = await as.ada.id()
    expect((await as.admin.patch(`/admin/users/${id}/role`, { role: 'user' })).status).toBe(200)
    expect(eventsOf(config, 'user.role_changed')).toEqual([])
  })

  test('has to exist, and so has the person', async () => {
    const { as } = await testApp()
    const id = await as.ada.id()
    const reply = await as.admin.patch(`/admin/users/${id}/role`, { role: 'emperor' })
    expect(reply).toRefuse(422, 'unknown_role')
    expect(reply.json().errors[0].path).toBe('/role')
    expect(await as.admin.patch(`/admin/users/${crypto.randomUUID()}/role`, { role: 'user' })).toRefuse(
      404,
      'user_not_found',
    )
    expect(await as.admin.patch(`/admin/users/${id}/role`, {})).toRefuse(422, 'validation_failed')
  })

  // bar 114
  test('of the last admin stays, also when two admins demote each other at once', async () => {
    const { as, person, race, config } = await testApp({ env: { RATE_LIMIT: 'off' } })
    const [one, two] = [as.admin, person('other', { role: 'admin' })]
    const [first, second] = [await one.id(), await two.id()]
    for (let round = 0; round < 5; round++) {
      const replies = await race(2, (i) => ({
        as: i === 0 ? one : two,
        method: 'PATCH',
        path: `/admin/users/${i === 0 ? second : first}/role`,
        body: { role: 'user' },
      }))
      const admins = rows(config, "SELECT id FROM users WHERE role = 'admin'")
      expect(admins).toHaveLength(1)
      const [winner, loser] = admins[0].id === first ? [one, second] : [two, first]
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      expect([401, 403, 409]).toContain(replies.find(({ status }) => status !== 200)?.status ?? 0)
      await winner.patch(`/admin/users/${loser}/role`, { role: 'admin' }).json()
    }
  }, 30_000)

  // bar 114
  test('of the last admin is not given up by themselves', async () => {
    const { as, person } = await testApp()
    const id = await as.admin.id()
    expect(await as.admin.patch(`/admin/users/${id}/role`, { role: 'user' })).toRefuse(409, 'last_admin')
    await person('other', { role: 'admin' }).user()
    expect((await as.admin.patch(`/admin/users/${id}/role`, { role: 'user' })).status).toBe(200)
    expect(await as.admin.get('/admin/users')).toRefuse(403, 'forbidden')
  })

  test('is given by those who hold what it allows, after a fresh proof of password', async () => {
    const house = await testApp()
    const { as, anon, person } = house
    await addRole(house, 'manager', ['users:read', 'users:manage'])
    const manager = person('manager', { role: 'manager' })
    const id = await as.ada.id()
    const path = `/admin/users/${id}/role`
    expect(await anon.patch(path, { role: 'admin' })).toRefuse(401, 'unauthenticated')
    expect(await as.bob.patch(path, { role: 'admin' })).toRefuse(403, 'forbidden')
    expect(await manager.patch(path, { role: 'admin' })).toRefuse(403, 'permission_not_held')
    expect(await manager.patch(`/admin/users/${await as.admin.id()}/role`, { role: 'user' })).toRefuse(
      403,
      'permission_not_held',
    )
    expect(await manager.patch(`/admin/users/${await manager.id()}/role`, { role: 'admin' })).toRefuse(
      403,
      'permission_not_held',
    )
    expect((await manager.patch(path, { role: 'manager' })).status).toBe(200)
    expect(await (await stale(house)).patch(path, { role: 'user' })).toRefuse(403, 'step_up_required')
  })
})

describe('a ban', () => {
  // bar 46
  test('shuts out at once, says why to admins only, and ends when it is lifted', async () => {
    const { as, anon, config } = await testApp()
    const id = await as.ada.id()
    const { refreshToken } = await as.ada.tokens()
    const banned = await as.admin.post(`/admin/users/${id}/ban`, { reason: 'spam' }).json()
    expect(banned).toMatchObject({ status: 'banned', banReason: 'spam', bannedUntil: null })
    const credentials = { email: as.ada.email, password: as.ada.password }
    expect(await as.ada.get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect(await anon.post('/auth/refresh-token', { refreshToken })).toRefuse(401, 'invalid_refresh_token')
    expect(await anon.post('/auth/login', credentials)).toRefuse(401, 'invalid_credentials')

    const free = await as.admin.post(`/admin/users/${id}/unban`).json()
    expect(free).toMatchObject({ status: 'active', banReason: null })
    expect(await as.ada.get('/users/me')).toRefuse(401, 'invalid_access_token')
    await as.ada.signIn()
    expect((await as.ada.get('/users/me')).status).toBe(200)
    expect(eventsOf(config, 'user.banned')[0].payload).toMatchObject({
      before: { reason: null, since: null, until: null },
      after: { reason: 'spam', until: null },
    })
    expect(eventsOf(config, 'user.unbanned')).toHaveLength(1)
    expect((await as.admin.post(`/admin/users/${id}/unban`)).status).toBe(200)
    expect(eventsOf(config, 'user.unbanned')).toHaveLength(1)
  })

  test('with an end is over by itself', async () => {
    const { as, anon, clock } = await testApp()
    const id = await as.ada.id()
    const until = later(clock.now(), days(2)).toISOString()
    expect(await as.admin.post(`/admin/users/${id}/ban`, { reason: 'rest', until }).json()).toMatchObject({
      status: 'banned',
      bannedUntil: until,
    })
    const credentials = { email: as.ada.email, password: as.ada.password }
    expect(await anon.post('/auth/login', credentials)).toRefuse(401, 'invalid_credentials')
    clock.advance(days(2) + 1)
    expect((await anon.post('/auth/login', credentials)).status).toBe(200)
    await as.admin.signIn()
    expect(await as.admin.get(`/users/${id}`).json()).toMatchObject({ status: 'active', bannedUntil: null })
  })

  test('has a reason and, if any, an end that lies ahead', async () => {
    const { as, clock } = await testApp()
    const path = `/admin/users/${await as.ada.id()}/ban`
    for (const body of [
      {},
      { reason: '' },
      { reason: '  ' },
      { reason: 'x'.repeat(501) },
      { reason: 'x', until: 'soon' },
    ])
      expect(await as.admin.post(path, body)).toRefuse(422, 'validation_failed')
    const past = await as.admin.post(path, { reason: 'x', until: clock.now().toISOString() })
    expect(past).toRefuse(422, 'validation_failed')
    expect(past.json().errors[0].path).toBe('/until')
  })

  test('does not hit oneself, somebody who may do more, or nobody', async () => {
    const house = await testApp()
    const { as, person, anon } = house
    await addRole(house, 'manager', ['users:read', 'users:manage'])
    const manager = person('manager', { role: 'manager' })
    const admin = await as.admin.id()
    for (const act of ['ban', 'unban', 'logout-all', 'send-password-reset']) {
      const body = act === 'ban' ? { reason: 'x' } : undefined
      const path = (id: string) => `/admin/users/${id}/${act}`
      expect(await as.admin.post(path(admin), body)).toRefuse(403, 'not_yourself')
      expect(await manager.post(path(admin), body)).toRefuse(403, 'outranked')
      expect(await as.admin.post(path(crypto.randomUUID()), body)).toRefuse(404, 'user_not_found')
      expect(await as.bob.post(path(admin), body)).toRefuse(403, 'forbidden')
      expect(await anon.post(path(admin), body)).toRefuse(401, 'unauthenticated')
    }
  })
})

describe('help for somebody', () => {
  test('ends all their sessions', async () => {
    const { as } = await testApp()
    const id = await as.ada.id()
    expect((await as.admin.get(`/admin/users/${id}`).json()).sessions).toBe(1)
    expect((await as.admin.post(`/admin/users/${id}/logout-all`)).status).toBe(204)
    expect(await as.ada.get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect((await as.admin.get(`/admin/users/${id}`).json()).sessions).toBe(0)
    await as.ada.signIn()
  })

  // bar 115
  test('never is a password of somebody else’s choosing: only a link to their own address', async () => {
    const { as, anon, mail, api } = await testApp()
    const id = await as.ada.id()
    const reply = await as.admin.post(`/admin/users/${id}/send-password-reset`)
    expect(reply.status).toBe(202)
    const token = await mail.token(as.ada.email, 'reset-password')
    expect(reply.text).not.toContain(token)
    expect((await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password })).status).toBe(200)
    const password = 'an entirely different phrase 7'
    expect((await anon.post('/auth/reset-password', { token, password })).status).toBe(204)

    const takesPassword = api.routes
      .filter(({ path }) => /^\/api\/v1\/(admin|users)\b/.test(path) && !/\/(me|setup)\b/.test(path))
      .filter(({ hooks }) => Object.keys(hooks.body?.properties ?? {}).some((name) => /password/i.test(name)))
    expect(takesPassword.map(({ path }) => path)).toEqual([])
  })

  test('begins with all there is to know, deleted or not', async () => {
    const house = await testApp()
    const { as, person } = house
    const id = await as.ada.id()
    expect(await as.admin.get(`/admin/users/${id}`).json()).toMatchObject({
      id,
      locale: 'en',
      timezone: 'UTC',
      permissions: [],
      emailVerifiedAt: expect.any(String),
      bannedAt: null,
      sessions: 1,
    })
    await as.admin.delete(`/users/${id}`)
    const gone = await as.admin.get(`/admin/users/${id}`).json()
    expect(gone).toMatchObject({ status: 'deleted', deletedBy: await as.admin.id(), sessions: 0 })
    const helper = person('helper', { role: 'support' })
    expect(await helper.get(`/admin/users/${id}`)).toRefuse(404, 'user_not_found')
    expect((await helper.get(`/admin/users/${await as.bob.id()}`)).status).toBe(200)
    expect(await as.bob.get(`/admin/users/${id}`)).toRefuse(403, 'forbidden')
    expect(await as.admin.get('/admin/users/-1')).toRefuse(404, 'not_found')
    expect((await helper.get('/admin/users?limit=1').json()).data).toHaveLength(1)
  })
})

describe('in somebody’s place', () => {
  const open = async () => {
    const house = await testApp()
    const id = await house.as.ada.id()
    const path = `/admin/users/${id}/impersonate`
    const opened = await house.as.admin.post(path, { reason: 'Ticket 4711' }).json()
    return { ...house, id, path, opened, acting: house.withToken(opened.accessToken) }
  }

  test('an admin acts for an hour, without a way to renew it', async () => {
    const { opened, acting, id, clock, as } = await open()
    expect(Object.keys(opened).toSorted()).toEqual(['accessToken', 'expiresIn', 'tokenType', 'user'])
    expect(opened).toMatchObject({ tokenType: 'Bearer', expiresIn: 3600, user: { id } })
    expect((await acting.get('/users/me').json()).id).toBe(id)
    expect(await acting.get('/users')).toRefuse(403, 'forbidden')
    expect((await as.ada.get('/auth/sessions').json()).data).toHaveLength(1)
    clock.advance(minutes(59))
    expect((await acting.get('/users/me')).status).toBe(200)
    clock.advance(minutes(2))
    expect(await acting.get('/users/me')).toRefuse(401, 'invalid_access_token')
  })

  test('what they do is recorded under both names', async () => {
    const { acting, as, id, config } = await open()
    await acting.patch('/users/me', { name: 'Ada K.' }).json()
    const admin = await as.admin.id()
    expect(eventsOf(config, 'session.impersonated')[0]).toMatchObject({
      actor_id: admin,
      user_id: id,
      payload: { adminId: admin, reason: 'Ticket 4711' },
    })
    expect(eventsOf(config, 'user.updated')[0]).toMatchObject({
      actor_type: 'impersonator',
      actor_id: id,
      impersonator_id: admin,
    })
  })

  test('they do not touch password, address, sessions or second factor', async () => {
    const { acting, as, api } = await open()
    const sessionOnly = api.policies.filter(
      ({ access, template }) => access.kind === 'session' && template.startsWith('/api/v1/'),
    )
    expect(sessionOnly.length).toBeGreaterThan(5)
    for (const { method, template } of sessionOnly) {
      const path = template.slice('/api/v1'.length).replace(/:\w+/g, crypto.randomUUID())
      expect(await acting.send(method, path, method === 'GET' ? undefined : {})).toRefuse(
        403,
        'impersonation_forbidden',
      )
    }
    expect((await as.ada.get('/users/me')).status).toBe(200)
  })

  test.each(['ban of the person', 'ban of the admin', 'demotion of the admin', 'logout of the admin everywhere'])(
    'it ends with the %s',
    async (what) => {
      const { acting, as, person, id } = await open()
      const other = person('other', { role: 'admin' })
      await other.user()
      expect((await acting.get('/users/me')).status).toBe(200)
      const admin = await as.admin.id()
      const ends: Record<string, () => Promise<unknown>> = {
        'ban of the person': () => other.post(`/admin/users/${id}/ban`, { reason: 'x' }).json(),
        'ban of the admin': () => other.post(`/admin/users/${admin}/ban`, { reason: 'x' }).json(),
        'demotion of the admin': () => other.patch(`/admin/users/${admin}/role`, { role: 'user' }).json(),
        'logout of the admin everywhere': () => as.admin.post('/auth/logout-all', { keepCurrent: true }),
      }
      await ends[what]?.()
      expect(await acting.get('/users/me')).toRefuse(401, 'invalid_access_token')
    },
  )

  test('it ends when they sign out, and the person stays signed in', async () => {
    const { acting, as } = await open()
    expect((await acting.post('/auth/logout')).status).toBe(204)
    expect(await acting.get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect((await as.ada.get('/users/me')).status).toBe(200)
  })

  test('nobody acts as an admin, as somebody banned, as themselves or as nobody', async () => {
    const { as, person } = await open()
    const act = async (id: string) => as.admin.post(`/admin/users/${id}/impersonate`, { reason: 'x' })
    expect(await act(await person('other', { role: 'admin' }).id())).toRefuse(403, 'cannot_impersonate')
    const bob = await as.bob.id()
    await as.admin.post(`/admin/users/${bob}/ban`, { reason: 'x' })
    expect(await act(bob)).toRefuse(403, 'cannot_impersonate')
    expect(await act(await as.admin.id())).toRefuse(403, 'not_yourself')
    expect(await act(crypto.randomUUID())).toRefuse(404, 'user_not_found')
  })

  test('it takes the permission, a reason and a fresh proof of password', async () => {
    const house = await open()
    const { as, anon, person, path, acting } = house
    const reason = { reason: 'x' }
    expect(await anon.post(path, reason)).toRefuse(401, 'unauthenticated')
    expect(await as.bob.post(path, reason)).toRefuse(403, 'forbidden')
    expect(await acting.post(path, reason)).toRefuse(403, 'impersonation_forbidden')
    expect(await as.admin.post(path, {})).toRefuse(422, 'validation_failed')
    await addRole(house, 'operator', ['users:impersonate'])
    await addRole(house, 'reader', ['audit:read'])
    const reader = await person('reader', { role: 'reader' }).id()
    const operator = person('operator', { role: 'operator' })
    expect(await operator.post(`/admin/users/${reader}/impersonate`, reason)).toRefuse(403, 'outranked')
    expect((await operator.post(path, reason)).status).toBe(200)
    expect(await (await stale(house)).post(path, reason)).toRefuse(403, 'step_up_required')
    house.clock.advance(hours(1))
  })
})

describe('the sessions of somebody else', () => {
  test('are shown to those who manage people, and one of them is ended at once', async () => {
    const { as, config } = await testApp()
    const id = await as.ada.id()
    await as.ada.signIn()
    const { data } = await as.admin.get(`/admin/users/${id}/sessions`).json()
    expect(data.map(({ current }: { current: boolean }) => current)).toEqual([false, false])
    expect(data[0]).toMatchObject({ device: expect.any(String), lastSeenAt: expect.any(String) })
    const path = `/admin/users/${id}/sessions/${data[0].id}`
    expect((await as.admin.delete(path)).status).toBe(204)
    expect(await as.ada.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    expect(await as.admin.delete(path)).toRefuse(404, 'session_not_found')
    expect((await as.admin.get(`/admin/users/${id}/sessions`).json()).data).toHaveLength(1)
    const [ended] = eventsOf(config, 'session.revoked')
    expect(ended).toMatchObject({
      actor_id: await as.admin.id(),
      payload: { sessionIds: [data[0].id], reason: 'ended_by_admin' },
    })
  })

  test('are out of reach for others, one’s own are elsewhere, and those of who may do more stay', async () => {
    const house = await testApp()
    const { as, person, anon } = house
    const [ada, admin] = [await as.ada.id(), await as.admin.id()]
    await addRole(house, 'manager', ['users:read', 'users:manage'])
    const manager = person('manager', { role: 'manager' })
    const [session] = (await as.admin.get(`/admin/users/${admin}/sessions`).json()).data
    expect(await anon.get(`/admin/users/${ada}/sessions`)).toRefuse(401, 'unauthenticated')
    expect(await as.bob.get(`/admin/users/${ada}/sessions`)).toRefuse(403, 'forbidden')
    expect(await as.bob.delete(`/admin/users/${admin}/sessions/${session.id}`)).toRefuse(403, 'forbidden')
    expect(await manager.delete(`/admin/users/${admin}/sessions/${session.id}`)).toRefuse(403, 'outranked')
    expect(await as.admin.delete(`/admin/users/${admin}/sessions/${session.id}`)).toRefuse(403, 'not_yourself')
    expect(await as.admin.delete(`/admin/users/${ada}/sessions/${session.id}`)).toRefuse(404, 'session_not_found')
    expect(await as.admin.get(`/admin/users/${crypto.randomUUID()}/sessions`)).toRefuse(404, 'user_not_found')
  })
})
