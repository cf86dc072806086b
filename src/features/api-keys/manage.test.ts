import { describe, expect, test } from 'bun:test'
import { hours, minutes, seconds } from '#core'
import { addRole, keyHouse, keyOf } from './cast.test.kit'

describe('making a key', () => {
  // bar 101
  test('shows the secret once; lists show its ends, and what is kept is a hash', async () => {
    const { as, app, mail } = await keyHouse()
    const made = await as.ada.post('/api-keys', { name: '  Nightly import ', scopes: [] })
    expect(made.status).toBe(201)
    expect(made.headers.get('cache-control')).toContain('no-store')
    const { secret, ...shown } = made.json()
    expect(secret).toMatch(/^sk_[0-9A-Za-z]{42}$/)
    expect(shown).toEqual({
      id: expect.any(String),
      name: 'Nightly import',
      prefix: secret.slice(0, 7),
      last4: secret.slice(-4),
      scopes: [],
      rateLimit: null,
      allowedIps: null,
      expiresAt: null,
      previousValidUntil: null,
      lastUsedAt: null,
      createdAt: expect.any(String),
    })
    const listed = await as.ada.get('/api-keys')
    expect(listed.json().data).toEqual([shown])
    expect(listed.text).not.toContain(secret)
    const rows = JSON.stringify([await app.db.all('select * from api_keys'), await app.db.all('select * from events')])
    expect(rows).not.toContain(secret)
    expect(rows).toContain(new Bun.CryptoHasher('sha256').update(secret).digest('base64url'))
    const letter = await mail.latest(as.ada.email, 'api-key-issued')
    expect(letter.text).toContain('Nightly import')
    expect(letter.text).not.toContain(secret)
  })

  // bar 101
  test('makes no two alike', async () => {
    const { as } = await keyHouse()
    const secrets = await Promise.all(Array.from({ length: 20 }, async () => (await keyOf(as.ada)).secret))
    expect(new Set(secrets).size).toBe(20)
  })

  // bar 103
  test('gives it no more than its maker holds', async () => {
    const house = await keyHouse()
    const { ada, admin } = house.as
    for (const scope of ['probes:read', 'probes:*', '*', 'made:up'])
      expect(await ada.post('/api-keys', { name: 'ci', scopes: [scope] })).toRefuse(403, 'scope_not_held')
    await addRole(house, 'reader', ['probes:read'])
    const reader = house.person('rita', { role: 'reader' })
    expect((await reader.post('/api-keys', { name: 'ci', scopes: ['probes:read'] })).status).toBe(201)
    const both = { name: 'ci', scopes: ['probes:read', 'probes:write'] }
    expect(await reader.post('/api-keys', both)).toRefuse(403, 'scope_not_held')
    expect((await admin.post('/api-keys', both)).status).toBe(201)
    expect((await admin.post('/api-keys', { name: 'all', scopes: ['*'] })).status).toBe(201)
    const unknown = await admin.post('/api-keys', { name: 'ci', scopes: ['probes:read', 'made:up'] })
    expect(unknown).toRefuse(422, 'validation_failed')
    expect(unknown.json().errors).toEqual([{ path: '/scopes/1', message: expect.any(String) }])
  })

  // bar 17
  test('is for people who have verified their address, at once', async () => {
    const house = await keyHouse()
    const eve = house.person('eve', { verified: false })
    expect(await eve.post('/api-keys', { name: 'ci', scopes: [] })).toRefuse(403, 'email_not_verified')
    await house.anon.post('/auth/verify-email', { token: await house.mail.token(eve.email) })
    expect((await eve.post('/api-keys', { name: 'ci', scopes: [] })).status).toBe(201)
  })

  test('names the field that is wrong', async () => {
    const { as, clock } = await keyHouse()
    const wrong: [Record<string, unknown>, string][] = [
      [{ name: '' }, '/name'],
      [{ name: 'two\nlines' }, '/name'],
      [{ name: 7 }, '/name'],
      [{ scopes: 'probes:read' }, '/scopes'],
      [{ scopes: ['Probes Read'] }, '/scopes/0'],
      [{ expiresAt: 'tomorrow' }, '/expiresAt'],
      [{ expiresAt: '2027-13-45T00:00:00Z' }, '/expiresAt'],
      [{ expiresAt: clock.now().toISOString() }, '/expiresAt'],
      [{ rateLimit: { limit: 0, window: 60 } }, '/rateLimit/limit'],
      [{ rateLimit: { limit: 5, window: 100_000 } }, '/rateLimit/window'],
      [{ rateLimit: { limit: 301, window: 60 } }, '/rateLimit'],
      [{ rateLimit: { limit: 10, window: 1 } }, '/rateLimit'],
      [{ allowedIps: [] }, '/allowedIps'],
      [{ allowedIps: ['203.0.113.7', '203.0.113.0/33'] }, '/allowedIps/1'],
      [{ allowedIps: ['0x7f.1'] }, '/allowedIps/0'],
      [{ allowedIps: ['example.com'] }, '/allowedIps/0'],
    ]
    for (const [fields, path] of wrong) {
      const reply = await as.ada.post('/api-keys', { name: 'ci', scopes: [], ...fields })
      expect(reply).toRefuse(422, 'validation_failed')
      expect(reply.json().errors.map((error: { path: string }) => error.path)).toContain(path)
    }
    expect((await as.ada.get('/api-keys').json()).data).toEqual([])
  })

  test('a limit above the general one is for those who may hand it out', async () => {
    const { as } = await keyHouse()
    const fast = { name: 'ci', scopes: [], rateLimit: { limit: 1000, window: 1 } }
    expect(await as.ada.post('/api-keys', fast)).toRefuse(422, 'validation_failed')
    expect((await as.admin.post('/api-keys', fast).json()).rateLimit).toEqual({ limit: 1000, window: 1 })
  })

  test('stops at fifty, also when they are made at once', async () => {
    const { as, race } = await keyHouse({ env: { RATE_LIMIT: 'off' } })
    for (let i = 0; i < 45; i++) await keyOf(as.ada)
    const body = { name: 'ci', scopes: [] }
    const replies = await race(20, () => ({ as: as.ada, path: '/api-keys', body }))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(5)
    for (const reply of replies.filter(({ status }) => status !== 201)) expect(reply).toRefuse(409, 'too_many_api_keys')
    expect((await as.ada.get('/api-keys?count=true').json()).meta.total).toBe(50)
  })

  // bar 102, 112
  test('ignores fields that are not the caller’s to set', async () => {
    const { as, anon } = await keyHouse()
    const smuggled = {
      userId: await as.bob.id(),
      id: Bun.randomUUIDv7(),
      digest: 'x',
      createdAt: '2020-01-01T00:00:00Z',
    }
    expect(await anon.post('/api-keys', { name: 'ci', scopes: [], ...smuggled })).toRefuse(401, 'unauthenticated')
    const made = await as.ada.post('/api-keys', { name: 'ci', scopes: [], ...smuggled }).json()
    expect(made.id).not.toBe(smuggled.id)
    expect(made.createdAt).not.toStartWith('2020')
    expect((await as.bob.get('/api-keys').json()).data).toEqual([])
    const rename = {
      name: 'other',
      scopes: ['*'],
      rateLimit: { limit: 9999, window: 1 },
      allowedIps: ['::/0'],
      ...smuggled,
    }
    const renamed = await as.ada.patch(`/api-keys/${made.id}`, rename).json()
    const { secret: _, ...before } = made
    expect(renamed).toEqual({ ...before, name: 'other' })
    expect(await anon.patch(`/api-keys/${made.id}`, rename)).toRefuse(401, 'unauthenticated')
  })
})

describe('the caller’s keys', () => {
  test('are listed page by page, by time or name', async () => {
    const { as, clock } = await keyHouse()
    for (const name of ['b', 'c', 'a']) {
      await keyOf(as.ada, { name })
      clock.advance(seconds(1))
    }
    await keyOf(as.bob, { name: 'not hers' })
    const names = async (query: string) =>
      (await as.ada.get(`/api-keys${query}`).json()).data.map((key: { name: string }) => key.name)
    expect(await names('')).toEqual(['a', 'c', 'b'])
    expect(await names('?sort=name')).toEqual(['a', 'b', 'c'])
    const first = await as.ada.get('/api-keys?limit=2')
    expect(first.headers.get('link')).toContain('rel="next"')
    const { nextCursor } = first.json().meta
    expect(await names(`?limit=2&cursor=${nextCursor}`)).toEqual(['b'])
    expect(await as.ada.get('/api-keys?sort=digest')).toRefuse(422, 'validation_failed')
    expect(await as.ada.get('/api-keys?limit=1000')).toRefuse(422, 'validation_failed')
  })

  test('can be renamed', async () => {
    const { as } = await keyHouse()
    const { id } = await keyOf(as.ada)
    expect((await as.ada.patch(`/api-keys/${id}`, { name: ' new ' }).json()).name).toBe('new')
    expect(await as.ada.patch(`/api-keys/${id}`, { name: '' })).toRefuse(422, 'validation_failed')
  })

  // bar 109, 118
  test('are nobody else’s to see or touch', async () => {
    const { as, withKey } = await keyHouse()
    const { id, secret } = await keyOf(as.ada)
    for (const other of [as.bob, as.admin])
      for (const [method, path, body] of [
        ['PATCH', `/api-keys/${id}`, { name: 'mine' }],
        ['POST', `/api-keys/${id}/rotate`, {}],
        ['GET', `/api-keys/${id}/usage`, undefined],
        ['DELETE', `/api-keys/${id}`, undefined],
      ] as const)
        expect(await other.send(method, path, body)).toRefuse(404, 'api_key_not_found')
    expect((await withKey(secret).get('/users/me')).status).toBe(200)
    expect((await as.ada.get('/api-keys').json()).data[0].name).toBe('ci')
    for (const odd of ['-1', '1e400', 'x'.repeat(500), await as.ada.id()])
      expect((await as.ada.delete(`/api-keys/${odd}`)).status).toBe(404)
  })

  // bar 111
  test('take a credential', async () => {
    const { as, anon, withToken } = await keyHouse()
    const { id } = await keyOf(as.ada)
    for (const [method, path, body] of [
      ['GET', '/api-keys', undefined],
      ['POST', '/api-keys', { name: 'ci', scopes: [] }],
      ['PATCH', `/api-keys/${id}`, { name: 'x' }],
      ['POST', `/api-keys/${id}/rotate`, {}],
      ['GET', `/api-keys/${id}/usage`, undefined],
      ['DELETE', `/api-keys/${id}`, undefined],
    ] as const) {
      expect(await anon.send(method, path, body)).toRefuse(401, 'unauthenticated')
      expect(await withToken('junk').send(method, path, body)).toRefuse(401, 'invalid_access_token')
    }
  })

  // bar 104
  test('cannot manage keys, passwords or sessions themselves', async () => {
    const { as, withKey } = await keyHouse()
    const { id, secret } = await keyOf(as.admin, { scopes: ['*'] })
    const key = withKey(secret)
    for (const [method, path, body] of [
      ['GET', '/api-keys', undefined],
      ['POST', '/api-keys', { name: 'ci', scopes: [] }],
      ['PATCH', `/api-keys/${id}`, { name: 'x' }],
      ['POST', `/api-keys/${id}/rotate`, {}],
      ['DELETE', `/api-keys/${id}`, undefined],
      ['POST', '/auth/change-password', { currentPassword: 'x', newPassword: 'y' }],
      ['POST', '/auth/change-email', { email: 'x@example.com', password: 'y' }],
      ['POST', '/auth/step-up', { password: 'y' }],
      ['DELETE', '/users/me', { password: 'y' }],
      ['GET', '/auth/sessions', undefined],
    ] as const)
      expect(await key.send(method, path, body)).toRefuse(403, 'session_required')
  })
})

describe('a new secret', () => {
  test('replaces the old one at once, or after a grace', async () => {
    const { as, withKey, clock, mail } = await keyHouse()
    const { id, secret: first } = await keyOf(as.ada)
    expect((await withKey(first).get('/users/me')).status).toBe(200)
    const { secret: second, ...shown } = await as.ada.post(`/api-keys/${id}/rotate`, {}).json()
    expect(shown).toMatchObject({ id, last4: second.slice(-4), previousValidUntil: null })
    expect(await withKey(first).get('/users/me')).toRefuse(401, 'invalid_api_key')
    expect((await withKey(second).get('/users/me')).status).toBe(200)
    expect((await mail.to(as.ada.email)).filter(({ template }) => template === 'api-key-issued')).toHaveLength(2)

    const rotated = await as.ada.post(`/api-keys/${id}/rotate`, { graceSeconds: 3600 })
    expect(rotated.status).toBe(201)
    const third = rotated.json().secret
    for (const secret of [second, third]) expect((await withKey(secret).get('/users/me')).status).toBe(200)
    clock.advance(hours(1) - seconds(1))
    expect((await withKey(second).get('/users/me')).status).toBe(200)
    clock.advance(seconds(1))
    expect(await withKey(second).get('/users/me')).toRefuse(401, 'invalid_api_key')
    expect((await withKey(third).get('/users/me')).status).toBe(200)
  })

  test('ends the grace of the one before the last', async () => {
    const { as, withKey } = await keyHouse()
    const { id, secret } = await keyOf(as.ada)
    await as.ada.post(`/api-keys/${id}/rotate`, { graceSeconds: 3600 }).json()
    await as.ada.post(`/api-keys/${id}/rotate`, { graceSeconds: 3600 }).json()
    expect(await withKey(secret).get('/users/me')).toRefuse(401, 'invalid_api_key')
  })

  test('dies with the key, in its grace too', async () => {
    const { as, withKey } = await keyHouse()
    const { id, secret } = await keyOf(as.ada)
    const { secret: next } = await as.ada.post(`/api-keys/${id}/rotate`, { graceSeconds: 3600 }).json()
    await as.ada.delete(`/api-keys/${id}`)
    for (const one of [secret, next]) expect(await withKey(one).get('/users/me')).toRefuse(401, 'invalid_api_key')
  })

  test('is refused for a key that has expired, and for a grace of more than a day', async () => {
    const { as, clock } = await keyHouse()
    const { id } = await keyOf(as.ada, { expiresAt: new Date(clock.now().getTime() + minutes(5)).toISOString() })
    for (const graceSeconds of [-1, 86_401, 1.5])
      expect(await as.ada.post(`/api-keys/${id}/rotate`, { graceSeconds })).toRefuse(422, 'validation_failed')
    clock.advance(minutes(6))
    expect(await as.ada.post(`/api-keys/${id}/rotate`, {})).toRefuse(409, 'api_key_expired')
  })

  test('is one, however many ask at once', async () => {
    const { as, race, withKey } = await keyHouse({ env: { RATE_LIMIT: 'off' } })
    const { id } = await keyOf(as.ada)
    const replies = await race(20, () => ({ as: as.ada, path: `/api-keys/${id}/rotate`, body: {} }))
    const statuses = await Promise.all(
      replies.map(async (reply) => (await withKey(reply.json().secret).get('/users/me')).status),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  })
})

describe('revoking', () => {
  test('takes the key off the list, and works once', async () => {
    const { as, app } = await keyHouse()
    const { id } = await keyOf(as.ada)
    expect((await as.ada.delete(`/api-keys/${id}`)).status).toBe(204)
    expect((await as.ada.get('/api-keys').json()).data).toEqual([])
    expect(await as.ada.delete(`/api-keys/${id}`)).toRefuse(404, 'api_key_not_found')
    expect(await as.ada.patch(`/api-keys/${id}`, { name: 'x' })).toRefuse(404, 'api_key_not_found')
    const types = await app.db.all<{ type: string }>(
      'select type from events where subject_id = ?'.replace('?', `'${id}'`),
    )
    expect(types.map(({ type }) => type)).toEqual(['api_key.created', 'api_key.revoked'])
  })

  test('is forgotten after 30 days', async () => {
    const { as, app, clock, runJobs } = await keyHouse()
    const { id } = await keyOf(as.ada)
    await as.ada.delete(`/api-keys/${id}`)
    await runJobs()
    clock.set(new Date('2035-01-01T03:47:00Z'))
    await runJobs()
    expect(await app.db.all('select 1 from api_keys')).toEqual([])
  })
})
