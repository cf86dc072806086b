import { describe, expect, test } from 'bun:test'
import { days, minutes } from '#core'
import { bookkeeping } from '#db'
import { type Json, type Person, type TestApp, testApp } from '#tests'

const logOf = async (reader: Person, query: Record<string, string> = {}): Promise<Json[]> =>
  (await reader.get('/admin/audit-logs', { query }).json()).data

const actions = async (reader: Person, query: Record<string, string> = {}): Promise<string[]> =>
  (await logOf(reader, query)).map(({ action }) => action)

/** Somebody with the database in their hands. */
const tamper = ({ app }: TestApp, ...statements: string[]) =>
  bookkeeping(app, async (tx) => {
    for (const statement of statements) await tx.run(statement)
  })

describe('the audit log', () => {
  // bar 237
  test('says who did what to whom, from where, on which request, when, and what it was before', async () => {
    const { as, clock } = await testApp()
    const id = await as.ada.id()
    const changed = await as.ada
      .with({ 'user-agent': 'Firefox 150' })
      .from('203.0.113.7')
      .patch('/users/me', { name: 'Ada Lovelace' })
    const [entry] = await logOf(as.admin, { action: 'user.updated' })
    expect(entry).toEqual({
      seq: expect.any(Number),
      id: expect.any(String),
      action: 'user.updated',
      outcome: 'success',
      actor: { type: 'user', id, name: 'Ada Lovelace' },
      resource: { type: 'user', id, label: 'Ada Lovelace' },
      before: { name: 'Ada' },
      after: { name: 'Ada Lovelace' },
      details: { userId: id, name: 'Ada Lovelace', email: 'ada@example.com' },
      ip: '203.0.113.7',
      userAgent: 'Firefox 150',
      requestId: changed.headers.get('x-request-id'),
      createdAt: expect.any(String),
    })
    expect(Math.abs(Date.parse(entry.createdAt) - clock.now().getTime())).toBeLessThan(minutes(1))
  })

  // bar 237
  test('keeps attempts that failed, too', async () => {
    const { anon, as } = await testApp()
    const id = await as.ada.id()
    await anon.from('203.0.113.9').post('/auth/login', { email: as.ada.email, password: 'wrong and long enough' })
    const [entry] = await logOf(as.admin, { outcome: 'failure', resource: `user:${id}` })
    expect(entry).toMatchObject({
      action: 'session.sign_in_failed',
      outcome: 'failure',
      actor: { type: 'anonymous', id: null, name: null },
      details: { reason: 'wrong password' },
      ip: '203.0.113.9',
    })
  })

  test('is filtered by actor, action, outcome, resource, address, request and time', async () => {
    const { as, clock } = await testApp()
    const ada = await as.ada.id()
    const bob = await as.bob.id()
    clock.advance(days(1))
    await as.ada.signIn()
    const from = clock.now().toISOString()
    await as.ada.from('2001:db8::7').patch('/users/me', { name: 'Ada L.' })
    clock.advance(minutes(5))
    const until = clock.now().toISOString()
    await as.bob.signIn()
    const changed = await as.bob.patch('/users/me', { name: 'Bob B.' })
    const requestId = changed.headers.get('x-request-id') ?? ''
    await as.admin.user()

    expect(await actions(as.admin, { actorId: ada })).toEqual(['user.updated'])
    expect(await actions(as.admin, { resource: `user:${bob}`, action: 'user.*' })).toEqual([
      'user.updated',
      'user.verified',
      'user.registered',
    ])
    const types = (await logOf(as.admin, { resource: 'session' })).map(({ resource }) => resource.type)
    expect(new Set(types)).toEqual(new Set(['session']))
    expect(await actions(as.admin, { requestId })).toEqual(['user.updated'])
    expect(await actions(as.admin, { ip: '2001:0DB8:0:0::0007' })).toEqual(['user.updated'])
    expect(await actions(as.admin, { after: from, before: until })).toEqual(['user.updated'])
    expect(await actions(as.admin, { action: 'user.updated', outcome: 'failure' })).toEqual([])
    expect(await actions(as.admin, { action: 'use.*' })).toEqual([])
  })

  test('is read page by page, and what is added meanwhile moves nothing', async () => {
    const { as } = await testApp()
    await as.admin.user()
    const all = (await logOf(as.admin, { limit: '100' })).map(({ seq }) => seq)
    const seen: number[] = []
    let cursor: string | null = null
    do {
      const query: Record<string, string> = { limit: '2', ...(cursor ? { cursor } : {}) }
      const reply = await as.admin.get('/admin/audit-logs', { query })
      const { data, meta } = reply.json()
      seen.push(...data.map(({ seq }: { seq: number }) => seq))
      cursor = meta.nextCursor
      if (cursor) expect(reply.headers.get('link')).toContain('rel="next"')
      await as.admin.patch('/users/me', { name: `Admin ${seen.length}` })
    } while (cursor)
    expect(seen).toEqual(all)
  })

  test('refuses filters that make no sense, by their name, and cursors of another list', async () => {
    const { as } = await testApp()
    const first = await as.admin.get('/admin/audit-logs', { query: { limit: 1 } }).json()
    const wrong = {
      action: 'Drop Table',
      after: 'yesterday',
      before: '2026-13-01T00:00:00Z',
      outcome: 'maybe',
      resource: 'User:',
      ip: 'localhost',
      requestId: 'x',
      actorId: '',
      limit: '0',
      sort: 'ip',
    }
    for (const [name, value] of Object.entries(wrong)) {
      const refused = await as.admin.get('/admin/audit-logs', { query: { [name]: value } })
      expect(refused).toRefuse(422, 'validation_failed')
      expect(refused.json().errors).toMatchObject([{ path: `/query/${name}` }])
    }
    const other = { cursor: first.meta.nextCursor, action: 'user.*' }
    expect(await as.admin.get('/admin/audit-logs', { query: other })).toRefuse(422, 'validation_failed')
  })

  // bar 239
  test('cannot be changed, through the API or the database', async () => {
    const started = await testApp()
    const { as } = started
    const [{ id }] = await logOf(as.admin)
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST'])
      expect(await as.admin.send(method, '/admin/audit-logs')).toRefuse(405, 'method_not_allowed')
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect((await as.admin.send(method, `/admin/audit-logs/${id}`)).status).toBe(404)
    await expect(tamper(started, "update events set actor_id = 'somebody else'")).rejects.toThrow()
    await expect(tamper(started, 'delete from events')).rejects.toThrow()
  })

  // bar 236
  test('keeps what was sent as it was sent, and nothing breaks on it', async () => {
    const { as } = await testApp()
    const odd = `"'=cmd|' /C calc'!A0, \u001b[31m`
    await as.ada.with({ 'user-agent': odd.replaceAll('\u001b', '') }).patch('/users/me', { name: '=HYPERLINK("x")' })
    const [entry] = await logOf(as.admin, { action: 'user.updated' })
    expect(entry.after).toEqual({ name: '=HYPERLINK("x")' })
    expect(entry.userAgent).toBe(odd.replaceAll('\u001b', ''))
  })

  // bar 245
  test('forgets the names of those who are gone', async () => {
    const { app, as } = await testApp()
    const id = await as.ada.id()
    await as.ada.patch('/users/me', { name: 'Ada Lovelace' })
    const { erase } = await import('#features/auth')
    const { systemContext } = await import('#core')
    await erase(systemContext(app, 'test'), id)
    const log = await logOf(as.admin, { resource: `user:${id}`, limit: '100' })
    expect(log.length).toBeGreaterThan(3)
    expect(JSON.stringify(log)).not.toMatch(/ada@example|Lovelace|"Ada/)
  })
})

// bar 110
test('only those who may read the log do, and only those who may export it do', async () => {
  const { anon, as, person } = await testApp()
  const sue = person('sue', { role: 'support' })
  for (const path of ['/admin/audit-logs', '/admin/audit-logs/verify', '/admin/audit-logs/export']) {
    expect(await anon.get(path)).toRefuse(401, 'unauthenticated')
    expect(await as.ada.get(path)).toRefuse(403, 'forbidden')
  }
  expect((await sue.get('/admin/audit-logs')).status).toBe(200)
  expect((await sue.get('/admin/audit-logs/verify')).status).toBe(200)
  expect(await sue.get('/admin/audit-logs/export')).toRefuse(403, 'forbidden')
})

describe('the check of the log', () => {
  test('finds nothing where nobody has been', async () => {
    const { as } = await testApp()
    const log = await logOf(as.admin, { limit: '100' })
    expect(await as.admin.get('/admin/audit-logs/verify').json()).toEqual({ ok: true, checked: log.length })
    expect(await as.admin.get('/admin/audit-logs/verify', { query: { after: 2 } }).json()).toEqual({
      ok: true,
      checked: log.length - 2,
    })
    expect(await as.admin.get('/admin/audit-logs/verify', { query: { after: -1 } })).toRefuse(422, 'validation_failed')
  })

  // bar 239
  test('names the first row that somebody changed, and operators are warned', async () => {
    const started = await testApp()
    const { as, clock, runJobs, outside } = started
    const log = (await logOf(as.admin, { sort: 'createdAt' })).map(({ seq, id }) => ({ seq, id }))
    const third = log[2]
    await tamper(started, 'drop trigger events_update', `update events set ip = '192.0.2.1' where seq = ${third?.seq}`)
    expect(await as.admin.get('/admin/audit-logs/verify').json()).toEqual({ ok: false, checked: 2, firstBroken: third })

    clock.advance(days(1))
    await runJobs()
    clock.advance(days(1))
    await runJobs()
    await as.admin.signIn()
    const found = await logOf(as.admin, { action: 'audit.broken' })
    expect(found).toMatchObject([{ outcome: 'failure', details: { seq: third?.seq, eventId: third?.id } }])
    expect(await outside.get('/health/ready').json()).toMatchObject({ status: 'warn' })
  })
})

describe('retention', () => {
  test('blanks what happens every day, keeps security events whole, and in the end lets go of both', async () => {
    const { as, clock, runJobs } = await testApp()
    await as.ada.patch('/users/me', { name: 'Ada Lovelace' })
    const firsts = await logOf(as.admin, { action: 'user.*', resource: `user:${await as.ada.id()}` })
    expect(firsts.map(({ details }) => Object.keys(details).length > 0)).toEqual([true, true, true])

    clock.advance(days(181))
    await runJobs()
    await as.admin.signIn()
    const later = await logOf(as.admin, { action: 'user.*', resource: `user:${await as.ada.id()}` })
    expect(later.map(({ action, details, ip }) => [action, Object.keys(details).length > 0, ip !== null])).toEqual([
      ['user.updated', false, false],
      ['user.verified', true, true],
      ['user.registered', true, true],
    ])
    expect(await as.admin.get('/admin/audit-logs/verify').json()).toMatchObject({ ok: true })

    clock.advance(days(2 * 365))
    await runJobs()
    await as.admin.signIn()
    expect(await logOf(as.admin, { action: 'user.*' })).toEqual([])
    expect(await as.admin.get('/admin/audit-logs/verify').json()).toMatchObject({ ok: true })
    const log = await logOf(as.admin, { action: 'audit.retired', sort: 'createdAt' })
    expect(log.at(-1)?.details.retired).toBeGreaterThan(5)
  })

  test('says nothing when there is nothing to let go of', async () => {
    const { as, clock, runJobs } = await testApp()
    await as.admin.user()
    clock.advance(days(2))
    await runJobs()
    await as.admin.signIn()
    expect(await actions(as.admin, { action: 'audit.*' })).toEqual([])
  })
})
