import { describe, expect, test } from 'bun:test'
import { contextOf, days, defineEvent, defineFeature, minutes, systemContext, t } from '#core'
import { bookkeeping, journal } from '#db'
import { activity } from '#features/activity'
import { auth, erase } from '#features/auth'
import { users } from '#features/users'
import { type Json, type Person, testApp } from '#tests'

const feedOf = async (reader: Person, path = '/activities', query: Record<string, string> = {}): Promise<Json[]> =>
  (await reader.get(path, { query }).json()).data

const sentences = async (reader: Person, path?: string, query?: Record<string, string>): Promise<string[]> =>
  (await feedOf(reader, path, query)).map(({ summary }) => summary)

describe('my activity', () => {
  test('is what happened around me, as people read it, newest first', async () => {
    const { anon, as } = await testApp()
    const id = await as.ada.id()
    await as.ada.patch('/users/me', { name: 'Ada Lovelace' })
    await anon.post('/auth/login', { email: as.ada.email, password: 'not what it is at all' })
    await anon.post('/auth/forgot-password', { email: as.ada.email })
    expect(await sentences(as.ada)).toEqual([
      'Somebody asked for a password reset',
      'Somebody failed to sign in',
      'Ada Lovelace changed the profile',
      'Ada Lovelace signed in',
      'Ada Lovelace verified the e-mail address',
      'Ada Lovelace registered',
    ])
    const [, , changed] = await feedOf(as.ada)
    expect(changed).toEqual({
      id: expect.any(String),
      type: 'user.updated',
      actor: { id, name: 'Ada Lovelace' },
      subject: { type: 'user', id, label: 'Ada Lovelace' },
      summary: 'Ada Lovelace changed the profile',
      createdAt: expect.any(String),
    })
  })

  test('says nothing of anybody else', async () => {
    const { as } = await testApp()
    await as.ada.user()
    await as.bob.user()
    expect(JSON.stringify(await feedOf(as.bob))).not.toContain('Ada')
  })

  test('is filtered by type and time', async () => {
    const { as, clock } = await testApp()
    await as.ada.user()
    clock.advance(days(2))
    await as.ada.signIn()
    const types = async (query: Record<string, string>) =>
      (await feedOf(as.ada, '/activities', query)).map(({ type }) => type)
    const yesterday = new Date(clock.now().getTime() - days(1)).toISOString()
    expect(await types({ type: 'user.*' })).toEqual(['user.verified', 'user.registered'])
    expect(await types({ type: 'user.verified' })).toEqual(['user.verified'])
    expect(await types({ after: yesterday })).toEqual(['session.created'])
    expect(await types({ before: yesterday, type: 'session.*' })).toEqual(['session.created'])
    expect(await types({ before: yesterday })).toHaveLength(3)
  })

  test('is read page by page, and what is added meanwhile moves nothing', async () => {
    const { as, clock } = await testApp()
    await as.ada.user()
    const all = (await feedOf(as.ada)).map(({ id }) => id)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: Record<string, string> = { limit: '1', ...(cursor ? { cursor } : {}) }
      const { data, meta } = await as.ada.get('/activities', { query }).json()
      seen.push(...data.map(({ id }: { id: string }) => id))
      cursor = meta.nextCursor
      clock.advance(minutes(1))
      await as.ada.patch('/users/me', { name: `Ada ${seen.length}` })
    } while (cursor)
    expect(seen).toEqual(all)
  })

  test('refuses filters that make no sense, by their name, and cursors of another list', async () => {
    const { as } = await testApp()
    const { meta } = await as.ada.get('/activities', { query: { limit: 1 } }).json()
    for (const [name, value] of Object.entries({
      type: 'User;',
      after: '1',
      before: 'soon',
      sort: 'ip',
      limit: 'all',
    })) {
      const refused = await as.ada.get('/activities', { query: { [name]: value } })
      expect(refused).toRefuse(422, 'validation_failed')
      expect(refused.json().errors).toMatchObject([{ path: `/query/${name}` }])
    }
    const other = await as.bob.get('/activities', { query: { cursor: meta.nextCursor } })
    expect(other).toRefuse(422, 'validation_failed')
  })
})

describe('somebody’s activity', () => {
  // bar 109
  test('is theirs and of those who may see everybody’s; to others it is not there', async () => {
    const { anon, as, person } = await testApp()
    const path = `/activities/${await as.ada.id()}`
    expect(await anon.get(path)).toRefuse(401, 'unauthenticated')
    expect(await as.bob.get(path)).toRefuse(404, 'user_not_found')
    expect(await sentences(as.ada, path)).toEqual(await sentences(as.ada))
    expect(await sentences(person('sue', { role: 'support' }), path)).toContain('Ada registered')
    expect(await sentences(as.admin, path)).toContain('Ada registered')
  })

  test('is part of the copy of their data, without where others acted from', async () => {
    const { app, anon, as } = await testApp()
    const id = await as.ada.id()
    await as.ada.from('203.0.113.7').patch('/users/me', { name: 'Ada Lovelace' })
    await anon.from('203.0.113.8').post('/auth/login', { email: as.ada.email, password: 'not what it is at all' })
    const held = await activity.exportUser(systemContext(app, 'test'), id)
    const history = held['activities.json']
    expect(history.map(({ type }) => type)).toEqual([
      'user.registered',
      'user.verified',
      'session.created',
      'user.updated',
      'session.sign_in_failed',
    ])
    expect(history[3]).toMatchObject({ details: { before: { name: 'Ada' } }, ip: '203.0.113.7' })
    expect(history[4]?.ip).toBeNull()
  })

  // bar 118
  test('of nobody is not there', async () => {
    const { as } = await testApp()
    for (const id of [Bun.randomUUIDv7(), '-1', 'x'.repeat(2000)])
      expect((await as.admin.get(`/activities/${id}`)).status).toBe(404)
  })

  // bar 245
  test('stays without a name when they have left', async () => {
    const { app, as } = await testApp()
    const id = await as.ada.id()
    await erase(systemContext(app, 'test'), id)
    const feed = await feedOf(as.admin, `/activities/${id}`)
    expect(feed.map(({ summary }) => summary)).toContain('Somebody who has left registered')
    expect(feed.every(({ actor, subject }) => actor.id === null || subject.label === null)).toBe(true)
    expect(JSON.stringify(feed)).not.toMatch(/"Ada|ada@/)
  })
})

describe('who did it', () => {
  const praised = defineEvent('stage.praised', {
    payload: t.Object({ userId: t.String() }),
    subject: ({ userId }) => ({ type: 'user', id: userId }),
    about: ({ userId }) => userId,
    summary: 'praised somebody',
  })
  const stage = async () => {
    const feature = defineFeature({ name: 'stage', events: [praised] })
    const started = await testApp({ features: [activity, auth, users, feature] })
    const { app, as } = started
    const [ada, bob] = [await as.ada.id(), await as.bob.id()]
    const traits = { name: '', role: 'user', permissions: new Set<string>(), emailVerified: true, sessionId: 's' }
    const praise = (actor: Parameters<typeof contextOf>[1]['actor']) =>
      bookkeeping(app, (tx) => journal.record(tx, contextOf(app, { actor }), praised, { userId: ada }))
    return { ...started, ada, bob, traits, praise }
  }

  test('is somebody else, by the name they have now', async () => {
    const { as, bob, traits, praise } = await stage()
    await praise({ type: 'user', userId: bob, provedAt: new Date(0), ...traits })
    await as.bob.patch('/users/me', { name: 'Robert' })
    const [latest] = await feedOf(as.ada)
    expect(latest).toMatchObject({ actor: { id: bob, name: 'Robert' }, subject: { label: 'Ada' } })
    expect(latest.summary).toBe('Robert praised somebody')
  })

  test('is the admin who acts in somebody’s place, not they', async () => {
    const { as, ada, bob, traits, praise } = await stage()
    await praise({ type: 'impersonator', userId: ada, adminId: bob, ...traits })
    const [latest] = await feedOf(as.ada)
    expect(latest).toMatchObject({ actor: { id: bob, name: 'Bob' }, summary: 'Bob (for Ada) praised somebody' })
  })

  test('is nobody who is gone', async () => {
    const { app, as, bob, traits, praise } = await stage()
    await praise({ type: 'user', userId: bob, provedAt: new Date(0), ...traits })
    await erase(systemContext(app, 'test'), bob)
    const [latest] = await feedOf(as.ada)
    expect(latest.actor).toEqual({ id: null, name: 'Somebody who has left' })
    expect(JSON.stringify(latest)).not.toContain(bob)
  })

  test('is the app itself', async () => {
    const { config, as, praise } = await stage()
    await praise({ type: 'system', name: 'job:praise' })
    const [latest] = await feedOf(as.ada)
    expect(latest).toMatchObject({ actor: { id: null, name: config.appName } })
  })

  test('costs two queries, however many people there are', async () => {
    const { app, as, bob, traits, praise } = await stage()
    for (const userId of [bob, Bun.randomUUIDv7(), Bun.randomUUIDv7()])
      for (let n = 0; n < 5; n++) await praise({ type: 'user', userId, provedAt: new Date(0), ...traits })
    await as.ada.get('/activities')
    let queries = 0
    const { select } = app.db
    app.db.select = ((...args: Parameters<typeof select>) => {
      queries += 1
      return select.apply(app.db, args)
    }) as typeof select
    await feedOf(as.ada)
    expect(queries).toBe(2)
  })
})
