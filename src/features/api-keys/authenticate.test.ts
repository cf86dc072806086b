import { describe, expect, spyOn, test } from 'bun:test'
import { type App, contextOf, days, hours, minutes, seconds } from '#core'
import type { TestApp } from '#tests'
import { addRole, changeUser, keyHouse, keyOf } from './cast.test.kit'
import { looksRight, newSecret } from './secret'

describe('whoever sends a key', () => {
  test('acts as its owner, without permissions unless it has scopes', async () => {
    const { as, withKey } = await keyHouse()
    const bare = withKey((await keyOf(as.admin)).secret)
    expect((await bare.get('/users/me').json()).email).toBe(as.admin.email)
    expect(await bare.get('/probes').json()).toEqual({ actor: 'api-key', permissions: [] })
    expect(await bare.get('/probes/read')).toRefuse(403, 'insufficient_scope')
    const reader = withKey((await keyOf(as.admin, { scopes: ['probes:read'] })).secret)
    expect((await reader.get('/probes/read')).status).toBe(200)
    expect(await reader.get('/probes/write')).toRefuse(403, 'insufficient_scope')
    const all = withKey((await keyOf(as.admin, { scopes: ['probes:*'] })).secret)
    expect((await all.get('/probes/write')).status).toBe(200)
  })

  test('is refused with one that is unknown, mistyped, cut short or no key at all', async () => {
    const { as, withKey, outside } = await keyHouse()
    const { secret } = await keyOf(as.ada)
    const typo = secret.replace(/.(?=.{20}$)/, (letter) => (letter === 'a' ? 'b' : 'a'))
    for (const wrong of [
      newSecret(),
      typo,
      secret.slice(0, -1),
      `${secret}x`,
      secret.slice(3),
      '',
      'sk_',
      'x'.repeat(9000),
    ])
      expect(await withKey(wrong).get('/users/me')).toRefuse(401, 'invalid_api_key')
    expect(await withKey(secret.toUpperCase()).get('/users/me')).toRefuse(401, 'invalid_api_key')
    // A public page does not care.
    expect((await outside.with({ 'x-api-key': typo }).get('/health/live')).status).toBe(200)
  })

  // bar 69
  test('is not recognised by one in the address', async () => {
    const { as, anon } = await keyHouse()
    const { secret } = await keyOf(as.ada)
    for (const name of ['api_key', 'apiKey', 'access_token', 'x-api-key'])
      expect(await anon.get(`/users/me?${name}=${secret}`)).toRefuse(401, 'unauthenticated')
    expect(await anon.with({ authorization: `Bearer ${secret}` }).get('/users/me')).toRefuse(
      401,
      'invalid_access_token',
    )
  })

  test('a typo costs no query', async () => {
    const { as, app, withKey } = await keyHouse()
    const { secret } = await keyOf(as.ada)
    const statement = spyOn(app.db as { statement: App['db']['statement'] }, 'statement')
    const typo = withKey(secret.replace(/.(?=.{20}$)/, (letter) => (letter === 'a' ? 'b' : 'a')))
    for (let i = 0; i < 5; i++) await typo.get('/users/me')
    expect(statement).not.toHaveBeenCalled()
    await withKey(newSecret()).get('/users/me')
    expect(statement).toHaveBeenCalled()
  })

  // bar 107
  test('and a token of somebody else sends one too many', async () => {
    const { as, anon } = await keyHouse()
    const { secret } = await keyOf(as.ada)
    const both = (accessToken: string, key = secret) =>
      anon.with({ authorization: `Bearer ${accessToken}`, 'x-api-key': key }).get('/users/me')
    expect(await both((await as.bob.tokens()).accessToken)).toRefuse(400, 'ambiguous_credentials')
    expect(await both('junk')).toRefuse(400, 'ambiguous_credentials')
    expect(await both((await as.ada.tokens()).accessToken, newSecret())).toRefuse(400, 'ambiguous_credentials')
    expect((await both((await as.ada.tokens()).accessToken)).status).toBe(200)
  })
})

describe('a key', () => {
  // bar 105
  test('is dead with the next request when it is revoked', async () => {
    const { as, withKey } = await keyHouse()
    const { id, secret } = await keyOf(as.ada)
    for (let i = 0; i < 3; i++) expect((await withKey(secret).get('/users/me')).status).toBe(200)
    await as.ada.delete(`/api-keys/${id}`)
    expect(await withKey(secret).get('/users/me')).toRefuse(401, 'invalid_api_key')
  })

  // bar 105
  test('that another process revokes is dead within a second', async () => {
    const { as, app, clock, withKey } = await keyHouse()
    const { id, secret } = await keyOf(as.ada)
    expect((await withKey(secret).get('/users/me')).status).toBe(200)
    // Without an event: nothing that this process hears of.
    await app.database.transaction(
      async (tx) => void (await tx.run(`update api_keys set revoked_at = 1 where id = '${id}'`)),
      { bookkeeping: true },
    )
    clock.advance(seconds(1))
    expect(await withKey(secret).get('/users/me')).toRefuse(401, 'invalid_api_key')
  })

  // bar 105
  test('expires to the millisecond, whatever is remembered', async () => {
    const { as, clock, withKey } = await keyHouse()
    const expiresAt = new Date(clock.now().getTime() + minutes(1)).toISOString()
    const { secret } = await keyOf(as.ada, { expiresAt })
    clock.set(new Date(Date.parse(expiresAt) - 500))
    expect((await withKey(secret).get('/users/me')).status).toBe(200)
    clock.set(new Date(Date.parse(expiresAt)))
    expect(await withKey(secret).get('/users/me')).toRefuse(401, 'invalid_api_key')
  })

  // bar 103
  test('shrinks with its owner, and grows back no further than its scopes', async () => {
    const house = await keyHouse()
    const { as, withKey } = house
    await addRole(house, 'reader', ['probes:read'])
    const key = withKey((await keyOf(as.admin, { scopes: ['*'] })).secret)
    const writer = withKey((await keyOf(as.admin, { scopes: ['probes:write'] })).secret)
    expect((await key.get('/probes/write')).status).toBe(200)
    const admin = { id: await as.admin.id() }
    await changeUser(house, admin, "role = 'reader'")
    expect((await key.get('/probes').json()).permissions).toEqual(['probes:read'])
    expect(await key.get('/probes/write')).toRefuse(403, 'insufficient_scope')
    expect(await writer.get('/probes/write')).toRefuse(403, 'insufficient_scope')
    await changeUser(house, admin, "role = 'admin'")
    expect((await writer.get('/probes').json()).permissions).toEqual(['probes:write'])
    expect((await writer.get('/probes/write')).status).toBe(200)
  })

  // bar 46
  test('stops with its owner’s ban or deletion, with the next request', async () => {
    const house = await keyHouse()
    const { as, withKey, clock } = house
    const key = withKey((await keyOf(as.ada)).secret)
    const ada = { id: await as.ada.id() }
    expect((await key.get('/users/me')).status).toBe(200)
    await changeUser(house, ada, `banned_at = 1, banned_until = ${clock.now().getTime() + minutes(60)}`)
    expect(await key.get('/users/me')).toRefuse(401, 'invalid_api_key')
    clock.advance(minutes(61))
    expect((await key.get('/users/me')).status).toBe(200)
    await changeUser(house, ada, 'deleted_at = 1')
    expect(await key.get('/users/me')).toRefuse(401, 'invalid_api_key')
  })

  test('comes from the addresses it is bound to', async () => {
    const { as, withKey } = await keyHouse()
    const allowedIps = ['203.0.113.7', '198.18.0.0/15', '2001:DB8::/32', '2001:0db9:0:0::1']
    const made = await as.ada.post('/api-keys', { name: 'ci', scopes: [], allowedIps }).json()
    expect(made.allowedIps).toEqual(['203.0.113.7', '198.18.0.0/15', '2001:db8::/32', '2001:db9::1'])
    const key = withKey(made.secret)
    for (const address of ['203.0.113.7', '::ffff:203.0.113.7', '198.19.255.255', '2001:db8:ffff::1', '2001:db9::1'])
      expect((await key.from(address).get('/users/me')).status).toBe(200)
    for (const address of ['203.0.113.8', '198.20.0.1', '2001:db9::2', '::1', 'unknown'])
      expect(await key.from(address).get('/users/me')).toRefuse(401, 'ip_not_allowed')
  })

  // bar 106
  test('is counted in a bucket of its own, by its own limit', async () => {
    const { as, withKey } = await keyHouse({ env: { RATE_LIMIT_GENERAL: '50/60' } })
    const slow = withKey((await keyOf(as.ada, { rateLimit: { limit: 3, window: 60 } })).secret)
    const other = withKey((await keyOf(as.ada)).secret).from('203.0.113.9')
    const first = await slow.get('/users/me')
    expect(first.headers.get('ratelimit-policy')).toBe('"api-key";q=3;w=60')
    expect(first.headers.get('ratelimit')).toBe('"api-key";r=2;t=60')
    // Wherever it comes from.
    for (const address of ['203.0.113.1', '203.0.113.2'])
      expect((await slow.from(address).get('/users/me')).status).toBe(200)
    const over = await slow.from('203.0.113.3').get('/users/me')
    expect(over).toRefuse(429, 'rate_limited')
    expect(over.headers.get('ratelimit')).toStartWith('"api-key";r=0;')
    // The owner's other key, and whoever else is at that address, have their own.
    const general = await other.get('/users/me')
    expect(general.headers.get('ratelimit-policy')).toBe('"api-key";q=50;w=60')
    expect(general.headers.get('ratelimit')).toStartWith('"api-key";r=49;')
    expect((await as.ada.get('/users/me')).status).toBe(200)
  })

  // bar 18
  test('that a stranger made goes when the owner of the address resets the password', async () => {
    const house = await keyHouse()
    const { ada } = house.as
    const { secret } = await keyOf(ada)
    // As it was before she verified.
    await changeUser(house, { id: await ada.id() }, 'email_verified_at = null')
    await house.anon.post('/auth/forgot-password', { email: ada.email })
    const password = 'magnet-olive-turbine-9'
    await house.anon.post('/auth/reset-password', { token: await house.mail.token(ada.email), password })
    expect(await house.withKey(secret).get('/users/me')).toRefuse(401, 'invalid_api_key')
    expect(await house.app.db.all('select 1 from api_keys where revoked_at is null')).toEqual([])
  })
})

/** Use is counted by day: a test that moves the clock must not begin just before midnight. */
const untilMorning = async ({ as, clock }: TestApp) => {
  clock.advance(days(1) - (clock.now().getTime() % days(1)) + hours(8))
  await as.ada.signIn()
}

describe('what a key did', () => {
  test('is noted at most every five minutes, and counted to the last request', async () => {
    const house = await keyHouse()
    const { as, app, clock, withKey } = house
    await untilMorning(house)
    const { id, secret } = await keyOf(as.ada)
    const { transaction } = app.database
    const writes = spyOn(app.database, 'transaction')
    const key = withKey(secret)
    const used = async () => {
      // Nobody waits for the note; it has been written when it is the next one's turn.
      await transaction(async () => undefined, { bookkeeping: true })
      return (await as.ada.get('/api-keys').json()).data[0].lastUsedAt
    }
    const began = clock.now()
    await key.get('/users/me')
    expect(Date.parse(await used())).toBeWithin(began.getTime(), clock.now().getTime() + 1)
    writes.mockClear()
    for (let i = 0; i < 20; i++) await key.get('/users/me')
    expect(writes).not.toHaveBeenCalled()
    clock.advance(minutes(5))
    await key.get('/users/me')
    expect(writes).toHaveBeenCalledTimes(1)
    expect(Date.parse(await used())).toBeGreaterThanOrEqual(began.getTime() + minutes(5))
    await key.get('/users/me')
    const today = clock.now().toISOString().slice(0, 10)
    expect(await as.ada.get(`/api-keys/${id}/usage`).json()).toEqual({ data: [{ day: today, requests: 23 }] })
    clock.advance(days(1))
    await key.get('/users/me')
    await as.ada.signIn()
    const { data } = await as.ada.get(`/api-keys/${id}/usage`).json()
    expect(data).toEqual([
      { day: clock.now().toISOString().slice(0, 10), requests: 1 },
      { day: today, requests: 23 },
    ])
  })

  // bar 108
  test('need not be noted for it to be served', async () => {
    const house = await keyHouse()
    const { as, app, clock, withKey } = house
    await untilMorning(house)
    const { id, secret } = await keyOf(as.ada)
    const { transaction } = app.database
    Object.assign(app.database, { transaction: () => Promise.reject(new Error('disk full')) })
    for (let i = 0; i < 3; i++) expect((await withKey(secret).get('/users/me')).status).toBe(200)
    expect((await as.ada.get(`/api-keys/${id}/usage`)).status).toBe(200)
    Object.assign(app.database, { transaction })
    clock.advance(minutes(5))
    expect((await withKey(secret).get('/users/me')).status).toBe(200)
    const { data } = await as.ada.get(`/api-keys/${id}/usage`).json()
    expect(data[0].requests).toBe(4)
  })

  test('is told without secrets, and goes with the account', async () => {
    const { as, app, withKey } = await keyHouse()
    const { secret } = await keyOf(as.ada)
    await withKey(secret).get('/users/me')
    const feature = app.features.find(({ name }) => name === 'api-keys')
    const ctx = contextOf(app, { actor: { type: 'system', name: 'test' } })
    const held = await feature?.exportUser?.(ctx, await as.ada.id())
    expect(held).toMatchObject({ 'api-keys.json': [{ name: 'ci' }] })
    expect(JSON.stringify(held)).not.toMatch(/digest/)
    const id = await as.ada.id()
    await app.database.transaction((tx) => feature?.eraseUser?.(tx, ctx, id) ?? Promise.resolve(), {
      bookkeeping: true,
    })
    for (const table of ['api_keys', 'api_key_usage']) expect(await app.db.all(`select 1 from ${table}`)).toEqual([])
  })

  test('ends for good with the deletion of its owner', async () => {
    const { as, app, withKey } = await keyHouse()
    const { secret } = await keyOf(as.ada)
    const feature = app.features.find(({ name }) => name === 'api-keys')
    const ctx = contextOf(app, { actor: { type: 'system', name: 'test' } })
    const id = await as.ada.id()
    const end = (reason: 'banned' | 'deleted') =>
      app.database.transaction((tx) => feature?.endAccess?.(tx, ctx, id, reason) ?? Promise.resolve())
    await end('banned')
    expect((await withKey(secret).get('/users/me')).status).toBe(200)
    await end('deleted')
    expect(await withKey(secret).get('/users/me')).toRefuse(401, 'invalid_api_key')
  })
})

describe('secrets', () => {
  // bar 101
  test('are told from typos by their checksum', () => {
    const secrets = Array.from({ length: 500 }, newSecret)
    expect(new Set(secrets).size).toBe(500)
    for (const secret of secrets) {
      expect(looksRight(secret)).toBe(true)
      const letters = [...secret]
      const at = 3 + (secret.charCodeAt(5) % 42)
      letters[at] = letters[at] === 'q' ? 'p' : 'q'
      expect(looksRight(letters.join(''))).toBe(false)
    }
  })
})
