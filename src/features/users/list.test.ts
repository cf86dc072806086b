import { describe, expect, test } from 'bun:test'
import { days, later } from '#core'
import { addPeople, type Json, rows, sharedApp, testApp } from '#tests'

/** Admins, helpers, banned, unverified and deleted people, each known by their address. */
const town = async () => {
  const house = await testApp()
  const now = house.clock.now()
  await addPeople(house, 6, (i) => {
    const traits = [
      { email: 'plain@x.example', createdAt: later(now, -days(5)) },
      { email: 'fresh@x.example', emailVerifiedAt: null },
      { email: 'banned@x.example', bannedAt: now, banReason: 'spam' },
      { email: 'until@x.example', bannedAt: now, bannedUntil: later(now, days(1)), banReason: 'rest' },
      {
        email: 'served@x.example',
        bannedAt: later(now, -days(2)),
        bannedUntil: later(now, -days(1)),
        banReason: 'old',
      },
      { email: 'gone@x.example', deletedAt: now, deletedBy: 'x' },
    ]
    return traits[i] ?? {}
  })
  await house.as.admin.user()
  await house.person('helper', { role: 'support' }).user()
  return house
}

const house = sharedApp()
const emails = (reply: Json) => reply.data.map(({ email }: Json) => email.split('@')[0]).toSorted()

describe('the list of people', () => {
  test.each([
    [{}, ['admin', 'banned', 'fresh', 'helper', 'plain', 'served', 'until']],
    [{ role: 'support' }, ['helper']],
    [{ role: 'nobody-has-this' }, []],
    [{ status: 'active' }, ['admin', 'fresh', 'helper', 'plain', 'served']],
    [{ status: 'banned' }, ['banned', 'until']],
    [{ status: 'deleted' }, ['gone']],
    [{ verified: 'false' }, ['fresh']],
    [{ verified: 'true', status: 'banned' }, ['banned', 'until']],
    [{ deleted: 'only' }, ['gone']],
    [{ deleted: 'with', role: 'user' }, ['banned', 'fresh', 'gone', 'plain', 'served', 'until']],
  ])('with %j shows exactly those', async (query, expected) => {
    const { as } = await town()
    const reply = await as.admin.get('/users', { query: { ...query, count: true } }).json()
    expect(emails(reply)).toEqual(expected)
    expect(reply.meta.total).toBe(expected.length)
  })

  test('by time of registration takes the first moment in and leaves the last one out', async () => {
    const { as, clock } = await town()
    const noon = later(clock.now(), -days(3)).toISOString()
    const older = await as.admin.get('/users', { query: { createdBefore: noon } }).json()
    expect(emails(older)).toEqual(['plain'])
    const newer = await as.admin.get('/users', { query: { createdAfter: noon } }).json()
    expect(emails(newer)).not.toContain('plain')
    const at = older.data[0].createdAt
    expect(emails(await as.admin.get('/users', { query: { createdAfter: at } }).json())).toContain('plain')
    expect(emails(await as.admin.get('/users', { query: { createdBefore: at } }).json())).toEqual([])
  })

  test('shows those who look after people what they need to know', async () => {
    const { as, person } = await town()
    const { data } = await as.admin.get('/users?deleted=with').json()
    const of = (name: string) => data.find(({ email }: Json) => email.startsWith(name))
    expect(of('plain')).toMatchObject({ status: 'active', bannedUntil: null, banReason: null, deletedAt: null })
    expect(of('banned')).toMatchObject({ status: 'banned', bannedUntil: null, banReason: 'spam' })
    expect(of('until')).toMatchObject({ status: 'banned', bannedUntil: expect.any(String), banReason: 'rest' })
    expect(of('served')).toMatchObject({ status: 'active', bannedUntil: null, banReason: null })
    expect(of('gone')).toMatchObject({ status: 'deleted', deletedAt: expect.any(String) })
    // bar 113
    expect(Object.keys(of('plain')).filter((key) => /hash|secret|password|token/i.test(key))).toEqual([])
    const seen = await person('helper').get('/users?status=banned').json()
    expect(emails(seen)).toEqual(['banned', 'until'])
  })

  test('is for those who may read people; deleted ones for those who may bring them back', async () => {
    const { as, anon, person } = await town()
    expect(await anon.get('/users')).toRefuse(401, 'unauthenticated')
    expect(await as.ada.get('/users')).toRefuse(403, 'forbidden')
    for (const query of ['deleted=with', 'deleted=only', 'status=deleted'])
      expect(await person('helper').get(`/users?${query}`)).toRefuse(403, 'deleted_hidden')
  })

  // bar 116
  test.each([
    'sort=passwordHash',
    'sort=deletedBy',
    'sort=-version',
    'passwordHash=x',
    'filter[banReason]=spam',
    'banReason=spam',
    'deletedAt=2026',
    'email=plain@x.example',
    'status=unknown',
    'verified=maybe',
    'deleted=yes',
    'createdAfter=yesterday',
    'createdBefore=2026-13-45T00:00:00Z',
  ])('cannot be sorted or filtered by what it does not offer: %s', async (query) => {
    const { as } = await house()
    expect(await as.admin.get(`/users?${query}`)).toRefuse(422, 'validation_failed')
  })
})

describe('one person', () => {
  test('is oneself, or for those who may read people anybody', async () => {
    const { as, person } = await town()
    const id = await as.ada.id()
    const own = await as.ada.get(`/users/${id}`).json()
    expect(own).toEqual((await as.ada.get('/users/me')).json())
    expect(await person('helper').get(`/users/${id}`).json()).toMatchObject({ ...own, status: 'active' })
  })

  // bar 109
  test('looks to others as if nobody were there', async () => {
    const { as } = await house()
    const someone = await as.bob.get(`/users/${await as.ada.id()}`)
    const nobody = await as.bob.get(`/users/${crypto.randomUUID()}`)
    expect(someone).toRefuse(404, 'user_not_found')
    expect(nobody).toRefuse(404, 'user_not_found')
  })

  // bar 118
  test.each([
    '-1',
    '0',
    '9223372036854775808',
    '1e400',
    'null',
    'undefined',
    '%00',
    '..%2f..',
    'ME',
    `${'a'.repeat(36)}`,
    '01a20372-bc2f-715c-ab8d-302b452b879g',
    'x'.repeat(7000),
    "'; DROP TABLE users; --".replaceAll(' ', '%20'),
  ])('with an id that is none is not there: %s', async (id) => {
    const { as } = await house()
    for (const path of [`/users/${id}`]) {
      expect([404, 405]).toContain((await as.admin.get(path)).status)
      expect([404, 405]).toContain((await as.admin.delete(path)).status)
      expect([404, 405]).toContain((await as.admin.post(`${path}/restore`)).status)
    }
  })

  test('with an id in capitals is the same person or nobody, never an error', async () => {
    const { as } = await house()
    const reply = await as.admin.get(`/users/${(await as.ada.id()).toUpperCase()}`)
    expect([200, 404]).toContain(reply.status)
  })
})

describe('at any size', () => {
  // What SQLite does for each sort and filter: none of them sorts what it found.
  test.each([
    ['deleted_at is null', 'created_at desc, id desc'],
    ['deleted_at is null', 'name desc, id desc'],
    ['deleted_at is null', 'email desc, id desc'],
    ['deleted_at is null and last_seen_at is not null', 'last_seen_at desc, id desc'],
    ['deleted_at is null and last_seen_at is null', 'id desc'],
    ['deleted_at is null and (created_at, id) < (1, 1)', 'created_at desc, id desc'],
    ['deleted_at is null and (name, id) > (1, 1)', 'name, id'],
    ["deleted_at is null and role = 'support'", 'created_at desc, id desc'],
    ["deleted_at is null and +role = 'user'", 'name, id'],
    ['deleted_at is null and email_verified_at is null', 'created_at desc, id desc'],
    ['deleted_at is null and banned_at is not null', 'created_at desc, id desc'],
    ['deleted_at is not null', 'created_at desc, id desc'],
  ])('%s, by %s is a walk along an index', async (where, order) => {
    const { config } = await house()
    const plan = rows(config, `EXPLAIN QUERY PLAN SELECT * FROM users WHERE ${where} ORDER BY ${order} LIMIT 21`)
    expect(plan.map(({ detail }) => detail).join()).toMatch(/^(SCAN|SEARCH) users USING INDEX \w+[^,]*(\(.*\))?$/)
  })

  test('few that meet a filter are found in an index of their own', async () => {
    const { config } = await house()
    const indexOf = (where: string) =>
      rows(
        config,
        `EXPLAIN QUERY PLAN SELECT * FROM users WHERE ${where} ORDER BY created_at DESC, id DESC LIMIT 21`,
      )[0].detail
    expect(indexOf('deleted_at is not null')).toContain('users_deleted')
    expect(indexOf('deleted_at is null and banned_at is not null')).toContain('users_banned')
    expect(indexOf('deleted_at is null and email_verified_at is null')).toContain('users_unverified')
    expect(rows(config, 'EXPLAIN QUERY PLAN SELECT count(*) FROM users WHERE deleted_at IS NULL')[0].detail).toContain(
      'users_email_alive',
    )
  })
})
