import { describe, expect, test } from 'bun:test'
import { days, hours, later } from '#core'
import { addPeople, type Client, type Json, sharedApp, testApp } from '#tests'

/** All rows of a list, by following `nextCursor`; at most so many pages, so that a circle ends. */
const walk = async (client: Client, query: Record<string, string | number>, between?: () => Promise<unknown>) => {
  const rows: Json[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < 100; pages++) {
    const page: Json = await client.get('/users', { query: { ...query, ...(cursor ? { cursor } : {}) } }).json()
    rows.push(...page.data)
    cursor = page.meta.nextCursor
    if (cursor === null) return rows
    await between?.()
  }
  throw new Error('The list has no end')
}

/** Milliseconds; these read hundreds of pages. */
const PATIENCE = 20_000

const house = sharedApp()

const ids = (rows: Json[]) => rows.map(({ id }) => id)

describe('a list by cursor', () => {
  // Many share a time and some have none: what an order that is not total would trip over.
  const crowd = async (n = 90) => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const start = later(house.clock.now(), -days(30))
    await addPeople(house, n, (i) => ({
      createdAt: later(start, hours(i % 7)),
      lastSeenAt: i % 3 === 0 ? null : later(start, hours(i % 5)),
      name: ['ada', 'Ada', 'bob', 'Zoe', 'émile'][i % 5] ?? '',
    }))
    await house.as.admin.user()
    return { ...house, all: n + 1 }
  }

  // bar 189
  test.each(['createdAt', '-createdAt', 'name', '-name', 'email', '-email', 'lastSeenAt', '-lastSeenAt'])(
    'sorted by %s shows everybody once, in the order of the whole',
    async (sort) => {
      const { as, all } = await crowd()
      const whole = await as.admin.get('/users', { query: { sort, limit: 100 } }).json()
      for (const limit of [4, 7, 45, 90, 91, 100]) {
        const rows = await walk(as.admin, { sort, limit })
        expect(ids(rows)).toEqual(ids(whole.data))
        expect(new Set(ids(rows)).size).toBe(all)
      }
    },
    PATIENCE,
  )

  test('sorted by name puts capitals beside small letters', async () => {
    const { as } = await crowd(10)
    const rows = await walk(as.admin, { sort: 'name', limit: 3 })
    expect(rows.map(({ name }) => name.toLowerCase())).toEqual(rows.map(({ name }) => name.toLowerCase()).toSorted())
  })

  test('sorted by a time that some do not have puts those first, or last when it is turned round', async () => {
    const { as } = await crowd(9)
    const up = (await walk(as.admin, { sort: 'lastSeenAt', limit: 2 })).map(({ lastSeenAt }) => lastSeenAt)
    const down = (await walk(as.admin, { sort: '-lastSeenAt', limit: 2 })).map(({ lastSeenAt }) => lastSeenAt)
    expect(up.slice(0, 4)).toEqual([null, null, null, null])
    expect(down).toEqual(up.toReversed())
  })

  // bar 189
  test('neither skips nor repeats anybody while others sign up and go', async () => {
    const house = await crowd(40)
    const before = ids((await house.as.admin.get('/users', { query: { limit: 100 } }).json()).data)
    let joined = 0
    const rows = await walk(house.as.admin, { limit: 6 }, async () => {
      joined += 1
      house.clock.advance(1)
      await addPeople(house, 3, (i) => ({ email: `late${joined}.${i}@crowd.example` }))
    })
    expect(ids(rows)).toEqual(before)
  })

  test('links to the next page', async () => {
    const { as } = await crowd(10)
    const first = await as.admin.get('/users?limit=4&verified=true')
    const link = first.headers.get('link') ?? ''
    expect(link).toMatch(/^<\/api\/v1\/users\?limit=4&verified=true&cursor=[^>]+>; rel="next"$/)
    const next = await as.admin
      .under('')
      .get(link.slice(1, link.indexOf('>')))
      .json()
    expect(next.data).toHaveLength(4)
    expect(ids(next.data)).not.toContain(first.json().data[3].id)
  })

  // bar 189
  test('goes on only where it was: not under another sort or filter, for somebody else, or when it was touched', async () => {
    const { as, person, app } = await crowd(10)
    const { nextCursor: cursor } = (await as.admin.get('/users?limit=2').json()).meta
    const refused = async (client: Client, query: Record<string, string>) => {
      const reply = await client.get('/users', { query })
      expect(reply).toRefuse(422, 'validation_failed')
      expect(reply.json().errors).toEqual([{ path: '/query/cursor', message: expect.any(String) }])
    }
    expect((await as.admin.get('/users', { query: { cursor } })).status).toBe(200)
    await refused(as.admin, { cursor, sort: 'name' })
    await refused(as.admin, { cursor, sort: 'createdAt' })
    await refused(as.admin, { cursor, role: 'user' })
    await refused(person('helper', { role: 'support' }), { cursor })
    const [body = '', signature = ''] = cursor.split('.')
    const moved = Buffer.from(JSON.stringify([0, 'z'])).toString('base64url')
    for (const forged of [
      `${moved}.${signature}`,
      `${body}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`,
      `${body}.${signature}.`,
      `${body}.${signature}.x`,
      `${body}.`,
      body,
      `.${signature}`,
      'x',
      '',
      'null',
      'A'.repeat(1024),
    ])
      await refused(as.admin, { cursor: forged })
    const other = await as.admin.get('/admin/roles', { query: { cursor } })
    if (app.features.some(({ name }) => name === 'admin')) expect(other).toRefuse(422, 'validation_failed')
  })

  test('outlives a change of the signing secret while the old one still verifies', async () => {
    const { clock, app, as } = await crowd(5)
    const { readCursor, writeCursor } = await import('./cursor')
    const { contextOf } = await import('#core')
    const now = { ...(await as.admin.user()), permissions: new Set<string>(), userId: 'u', sessionId: 's' }
    const ctx = contextOf(app, { actor: { type: 'user', provedAt: clock.now(), ...now } })
    const cursor = writeCursor(ctx, ['list'], [1, 'a'])
    const [old = ''] = ctx.config.secrets
    const rotated = (secrets: string[]) => Object.assign(Object.create(ctx), { config: { ...ctx.config, secrets } })
    expect(readCursor(rotated(['a new secret that is long enough for it', old]), ['list'], cursor)).toEqual([1, 'a'])
    expect(readCursor(rotated(['a new secret that is long enough for it']), ['list'], cursor)).toBeUndefined()
  })
})

describe('a list by page', () => {
  const crowd = async (n: number) => {
    const house = await testApp()
    await addPeople(house, n)
    await house.as.admin.user()
    return house
  }

  test('tells how many there are and links to first, last and the neighbours', async () => {
    const { as } = await crowd(24)
    const reply = await as.admin.get('/users?page=2&limit=10')
    expect(reply.json().meta).toEqual({ limit: 10, nextCursor: null, page: 2, total: 25, totalPages: 3 })
    const link = reply.headers.get('link') ?? ''
    const rels = Object.fromEntries([...link.matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url, rel]) => [rel, url]))
    expect(rels).toEqual({
      next: '/api/v1/users?page=3&limit=10',
      first: '/api/v1/users?page=1&limit=10',
      prev: '/api/v1/users?page=1&limit=10',
      last: '/api/v1/users?page=3&limit=10',
    })
  })

  test('shows everybody once over all pages, and nobody behind the last', async () => {
    const { as } = await crowd(24)
    const pages = await Promise.all([1, 2, 3].map((page) => as.admin.get(`/users?page=${page}&limit=10`).json()))
    expect(new Set(pages.flatMap((page) => ids(page.data))).size).toBe(25)
    expect((await as.admin.get('/users?page=4&limit=10').json()).data).toEqual([])
  })

  test('counts only when asked by cursor', async () => {
    const { as } = await crowd(4)
    expect((await as.admin.get('/users').json()).meta).toEqual({ limit: 20, nextCursor: null })
    expect((await as.admin.get('/users?count=true').json()).meta.total).toBe(5)
    expect((await as.admin.get('/users?count=true&role=admin').json()).meta.total).toBe(1)
  })
})

// bar 189
test.each([
  ['limit', '0'],
  ['limit', '-1'],
  ['limit', '101'],
  ['limit', '1000000000'],
  ['limit', '1e1'],
  ['limit', '010'],
  ['limit', ' 5'],
  ['limit', '5.0'],
  ['limit', ''],
  ['limit', 'all'],
  ['page', '0'],
  ['page', '-1'],
  ['page', '1.5'],
  ['page', '99999999999999999999'],
  ['count', 'yes'],
  ['count', '1'],
  ['sort', 'passwordHash'],
  ['sort', '--name'],
  ['sort', 'name,email'],
  ['sort', '__proto__'],
  ['sort', 'constructor'],
])('a list refuses %s=%p and names the field', async (name, value) => {
  const { as } = await house()
  const reply = await as.admin.get('/users', { query: { [name]: value } })
  expect(reply).toRefuse(422, 'validation_failed')
  expect(reply.json().errors.map(({ path }: Json) => path)).toEqual([`/query/${name}`])
})

test('a list takes a cursor or a page, not both', async () => {
  const house = await testApp()
  await addPeople(house, 3)
  const { nextCursor: cursor } = (await house.as.admin.get('/users?limit=1').json()).meta
  const reply = await house.as.admin.get('/users', { query: { cursor, page: 2 } })
  expect(reply).toRefuse(422, 'validation_failed')
  expect(reply.json().errors[0].path).toBe('/query/page')
})
