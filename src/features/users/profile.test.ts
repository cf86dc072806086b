import { describe, expect, test } from 'bun:test'
import { minutes } from '#core'
import { rows, sharedApp, testApp } from '#tests'

const house = sharedApp()

describe('my profile', () => {
  test('is read with an entity tag', async () => {
    const { as, anon } = await testApp()
    const reply = await as.ada.get('/users/me')
    expect(reply.json()).toEqual({
      id: expect.any(String),
      email: as.ada.email,
      name: 'Ada',
      avatarUrl: null,
      emailVerified: true,
      role: 'user',
      twoFactorEnabled: false,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    })
    expect(reply.headers.get('etag')).toMatch(/^"[\w-]+"$/)
    // bar 193
    expect(reply.headers.get('cache-control')).toBe('private, no-store')
    expect(await anon.get('/users/me')).toRefuse(401, 'unauthenticated')
  })

  test('is changed in part; what changed is recorded, before and after', async () => {
    const { as, config, clock } = await testApp()
    const before = await as.ada.user()
    clock.advance(minutes(1))
    const after = await as.ada.patch('/users/me', { name: '  Ada King ', timezone: 'Europe/London' }).json()
    expect(after).toMatchObject({ id: before.id, name: 'Ada King' })
    expect(after.updatedAt > before.updatedAt).toBe(true)
    const [event] = rows(config, "SELECT payload FROM events WHERE type = 'user.updated'")
    expect(JSON.parse(event.payload)).toMatchObject({
      before: { name: 'Ada', timezone: 'UTC' },
      after: { name: 'Ada King', timezone: 'Europe/London' },
    })
  })

  // bar 192
  test('two changes of what was read once: one is made, the other is told to read again', async () => {
    const { as, race } = await testApp()
    for (let round = 0; round < 3; round++) {
      const { headers } = await as.ada.get('/users/me')
      const ifMatch = { 'if-match': headers.get('etag') ?? '' }
      const replies = await race(2, (i) => ({
        as: as.ada,
        method: 'PATCH',
        path: '/users/me',
        body: { name: `Ada ${round} ${i}` },
        headers: ifMatch,
      }))
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 412])
      const won = replies.find(({ status }) => status === 200)
      const now = await as.ada.get('/users/me')
      expect(now.json().name).toBe(won?.json().name)
      expect(now.headers.get('etag')).toBe(won?.headers.get('etag') ?? 'none')
    }
  })

  // bar 192
  test.each([
    ['another tag', '"x"', 412],
    ['a weak tag, which never matches', (tag: string) => `W/${tag}`, 412],
    ['any', '*', 200],
    ['one of several', (tag: string) => `"x", ${tag}`, 200],
    ['the tag', (tag: string) => tag, 200],
  ])('If-Match with %s', async (_, header, status) => {
    const { as } = await testApp()
    const tag = (await as.ada.get('/users/me')).headers.get('etag') ?? ''
    const headers = { 'if-match': typeof header === 'string' ? header : header(tag) }
    const reply = await as.ada.patch('/users/me', { name: 'Ada King' }, { headers })
    expect(reply.status).toBe(status)
    if (status === 412) expect(reply).toRefuse(412, 'stale_user')
  })

  test.each([
    ['/name', { name: '' }],
    ['/name', { name: 'x'.repeat(101) }],
    ['/name', { name: 'Ada\u0007' }],
    ['/name', { name: ['Ada'] }],
    ['/locale', { locale: 'english' }],
    ['/timezone', { timezone: '../../etc/passwd' }],
    ['/avatarFileId', { avatarFileId: 'x' }],
  ])('refuses what does not fit, by its name: %s', async (path, body) => {
    const { as } = await house()
    const reply = await as.ada.patch('/users/me', body)
    expect(reply).toRefuse(422, 'validation_failed')
    expect(reply.json().errors[0].path).toBe(path)
  })

  test('refuses a change of nothing', async () => {
    const { as } = await testApp()
    expect(await as.ada.patch('/users/me', {})).toRefuse(422, 'nothing_to_change')
  })

  // bar 112
  test('nobody gives themselves what is not theirs to give', async () => {
    const { as, config } = await testApp()
    const before = await as.ada.user()
    const wish = {
      id: await as.bob.id(),
      role: 'admin',
      isAdmin: true,
      email: 'root@example.com',
      emailVerified: false,
      emailVerifiedAt: null,
      createdAt: '2000-01-01T00:00:00.000Z',
      deletedAt: '2000-01-01T00:00:00.000Z',
      bannedAt: 0,
      version: 99,
      passwordHash: 'x',
      twoFactorEnabled: true,
    }
    expect(await as.ada.patch('/users/me', wish)).toRefuse(422, 'nothing_to_change')
    await as.ada.patch('/users/me', { ...wish, name: 'Ada King' }).json()
    const { updatedAt: _, name: __, ...rest } = before
    expect(await as.ada.get('/users/me').json()).toMatchObject(rest)
    expect(
      rows(config, 'SELECT role, deleted_at, banned_at, version FROM users WHERE email = ?', as.ada.email),
    ).toEqual([{ role: 'user', deleted_at: null, banned_at: null, version: 3 }])
  })

  // bar 121
  test('a prototype in the body changes nothing', async () => {
    const { as } = await testApp()
    const json = { headers: { 'content-type': 'application/json' } }
    const body =
      '{"name":"Ada King","__proto__":{"role":"admin","polluted":true},"constructor":{"prototype":{"polluted":true}}}'
    expect((await as.ada.patch('/users/me', body, json)).json()).toMatchObject({ name: 'Ada King', role: 'user' })
    expect('polluted' in {}).toBe(false)
    expect((await as.ada.get('/users/me')).json().role).toBe('user')
  })

  // bar 150
  test('reading changes nothing', async () => {
    const { as, config } = await testApp()
    await as.ada.get('/users/me')
    const dump = () =>
      JSON.stringify(['users', 'sessions', 'events', 'jobs'].map((table) => rows(config, `SELECT * FROM ${table}`)))
    const before = dump()
    for (const path of ['/users/me', '/auth/me', '/auth/sessions']) {
      expect((await as.ada.get(path)).status).toBe(200)
      expect((await as.ada.head(path)).status).toBe(200)
    }
    expect(dump()).toBe(before)
  })

  // bar 194
  test.each(['/users/me/', '/users/me.css', '/users/me/x.css', '/users/me%2fx.css', '/users/ME'])(
    'is at no other path: %s',
    async (path) => {
      const { as } = await house()
      const reply = await as.ada.get(path)
      expect([403, 404]).toContain(reply.status)
      expect(reply.text).not.toContain(as.ada.email)
    },
  )
})
