import { describe, expect, test } from 'bun:test'
import { days, minutes } from '#core'
import { addRole, type Json, rows, sharedApp, testApp } from '#tests'

const shared = sharedApp()

const ROUTES: [string, string, Json][] = [
  ['GET', '/admin/stats', undefined],
  ['GET', '/admin/system', undefined],
  ['GET', '/admin/deprecations', undefined],
  ['GET', '/admin/emails', undefined],
  ['GET', '/admin/emails/templates', undefined],
  ['POST', '/admin/emails/test', { template: 'welcome', to: 'somebody@example.com' }],
  ['GET', '/admin/settings/rate-limits', undefined],
  ['PATCH', '/admin/settings/rate-limits', { dryRun: true }],
]

test.each(ROUTES)('%s %s is for those who may', async (method, path, body) => {
  const { as, anon } = await shared()
  expect(await anon.send(method, path, body)).toRefuse(401, 'unauthenticated')
  expect(await as.ada.send(method, path, body)).toRefuse(403, 'forbidden')
})

describe('stats', () => {
  test('count people, sessions, sign-ups and sign-ins by day, and what went wrong', async () => {
    const { as, anon, clock } = await testApp()
    await as.ada.user()
    await as.bob.user()
    clock.advance(days(1))
    await as.bob.signIn()
    await anon.post('/auth/login', { email: as.ada.email, password: 'wrong, wrong, wrong' })
    await as.admin.user()
    const stats = await as.admin.get('/admin/stats?days=3').json()
    expect(stats.totals).toMatchObject({ users: 3, verifiedUsers: 3, bannedUsers: 0, deletedUsers: 0, sessions: 4 })
    const today = clock.now().toISOString().slice(0, 10)
    expect(stats.signUps.map(({ count }: Json) => count)).toEqual([0, 2, 1])
    expect(stats.signIns.map(({ count }: Json) => count)).toEqual([0, 2, 2])
    expect(stats.signIns[2].date).toBe(today)
    expect(stats.errors).toEqual({ failedSignIns: 1, failedMails: 0, deadJobs: 0 })
    expect(stats.storage.databaseBytes).toBeGreaterThan(10_000)
    expect(stats.queue).toMatchObject({ running: 0, dead: 0 })
    expect(Date.parse(stats.generatedAt)).toBeGreaterThan(0)
  })

  test('count what features hold: keys, files and their bytes', async () => {
    const { as } = await testApp()
    await as.ada.post('/api-keys', { name: 'ci', scopes: [] }).json()
    const form = new FormData()
    form.set('file', new File(['hello'], 'hello.txt', { type: 'text/plain' }))
    expect((await as.ada.post('/upload', form)).status).toBe(201)
    expect((await as.admin.get('/admin/stats').json()).totals).toMatchObject({ apiKeys: 1, files: 1, fileBytes: 5 })
  })

  test('cover 30 days unless told, at most 90', async () => {
    const { as } = await shared()
    for (const query of ['days=0', 'days=91', 'days=x', 'from=2026'])
      expect(await as.admin.get(`/admin/stats?${query}`)).toRefuse(422, 'validation_failed')
    expect((await as.admin.get('/admin/stats').json()).signUps).toHaveLength(30)
    expect((await as.admin.get('/admin/stats?days=90').json()).signIns).toHaveLength(90)
  })

  test('are made once for many who ask', async () => {
    const { as } = await testApp()
    await as.admin.user()
    const all = await Promise.all(Array.from({ length: 10 }, () => as.admin.get('/admin/stats?days=2').json()))
    expect(new Set(all.map(({ generatedAt }) => generatedAt)).size).toBe(1)
  })
})

describe('the system', () => {
  test('says what is embedded and where, and since when it runs', async () => {
    const { as, config } = await testApp()
    const system = await as.admin.get('/admin/system').json()
    expect(system).toMatchObject({ version: config.version, environment: 'test', mode: 'all' })
    expect(Date.parse(system.upSince)).toBeGreaterThan(0)
    expect(system.parts.map(({ name, connected }: Json) => [name, connected])).toEqual([
      ['database', false],
      ['jobs', false],
      ['cache, limits', false],
      ['files', false],
      ['mail', false],
    ])
  })

  test('counts requests by the minute, refused and failed ones, and how long they took', async () => {
    const { as, anon, clock } = await testApp()
    await as.admin.user()
    clock.advance(minutes(2))
    for (let n = 0; n < 3; n++) await as.admin.get('/auth/me')
    await anon.get('/auth/me')
    clock.advance(minutes(1))
    const { traffic } = await as.admin.get('/admin/system').json()
    expect(traffic).toHaveLength(60)
    expect(traffic.at(-2)).toMatchObject({ requests: 4, refused: 1, failed: 0 })
    expect(traffic.at(-2).p95).toBeGreaterThanOrEqual(traffic.at(-2).p50)
    expect(traffic.at(-3)).toMatchObject({ requests: 0, p50: null, p95: null })
    clock.advance(minutes(61))
    await as.admin.signIn()
    clock.advance(minutes(1))
    const later = await as.admin.get('/admin/system').json()
    expect(later.traffic.reduce((sum: number, { requests }: Json) => sum + requests, 0)).toBe(1)
  })
})

describe('the mail log', () => {
  test('tells what was sent to whom, and by which state; never what stood in it', async () => {
    const { as, runJobs } = await testApp()
    const id = await as.ada.id()
    await as.admin.user()
    await runJobs()
    const { data } = await as.admin.get('/admin/emails', { query: { userId: id, limit: 100 } }).json()
    expect(data.map(({ template }: Json) => template)).toContain('welcome')
    const welcome = data.find(({ template }: Json) => template === 'welcome')
    expect(welcome).toMatchObject({ to: as.ada.email, status: 'sent', error: null, sentAt: expect.any(String) })
    expect(Object.keys(welcome)).not.toContain('html')
    const sent = await as.admin.get('/admin/emails?status=sent&template=welcome&count=true').json()
    expect(sent.meta.total).toBe(2)
    const none = await as.admin
      .get('/admin/emails', { query: { before: welcome.createdAt, userId: id, template: 'welcome' } })
      .json()
    expect(none.data).toEqual([])
    for (const query of ['status=lost', 'userId=1', 'after=x', 'recipient=ada@example.com', 'sort=to'])
      expect(await as.admin.get(`/admin/emails?${query}`)).toRefuse(422, 'validation_failed')
  })

  test('has a sample of every kind of mail sent at once, and in the journal without the address', async () => {
    const { as, mail, config } = await testApp()
    const templates = await as.admin.get('/admin/emails/templates').json()
    expect(templates.length).toBeGreaterThan(8)
    for (const { name } of templates.slice(0, 15)) {
      const sent = await as.admin.post('/admin/emails/test', { template: name, to: 'tester@example.com' }).json()
      expect(sent).toMatchObject({ template: name, to: 'tester@example.com', status: 'sent', error: null })
    }
    expect((await mail.latest('tester@example.com')).template).toBe(templates.slice(0, 15).at(-1).name)
    const [event] = rows(config, "SELECT * FROM events WHERE type = 'email.tested'")
    expect(JSON.parse(event.payload)).toMatchObject({ template: templates[0].name, status: 'sent' })
    expect(JSON.stringify(event)).not.toContain('tester@')
  }, 20_000)

  test('refuses what is no mail and no address', async () => {
    const { as } = await shared()
    const unknown = await as.admin.post('/admin/emails/test', { template: 'love-letter', to: 'a@example.com' })
    expect(unknown).toRefuse(422, 'unknown_template')
    expect(unknown.json().errors[0].path).toBe('/template')
    for (const to of ['', 'nobody', 'a@b\r\nBcc: c@d.example', 'a@example.com, b@example.com'])
      expect(await as.admin.post('/admin/emails/test', { template: 'welcome', to })).toRefuse(422, 'validation_failed')
  })

  test('says so when the provider does not take a sample', async () => {
    // Nothing listens there.
    const { as } = await testApp({ env: { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'Keel <keel@example.com>' } })
    await addAdmin(as)
    const reply = await as.admin.post('/admin/emails/test', { template: 'welcome', to: 'a@example.com' })
    expect(reply).toRefuse(503, 'mail_not_sent')
    const { data } = await as.admin.get('/admin/emails?status=failed').json()
    expect(data[0]).toMatchObject({
      template: 'welcome',
      to: 'a@example.com',
      error: expect.stringContaining('failed'),
    })
  })
})

const addAdmin = (as: Json) => as.admin.user()

describe('rate limits', () => {
  test('are changed at once, kept, and taken back', async () => {
    const { as, anon, config } = await testApp()
    const before = await as.admin.get('/admin/settings/rate-limits').json()
    expect(before).toMatchObject({ general: { limit: 300, window: 60 }, dryRun: false })
    const change = { general: { limit: 20, window: 60 }, tiers: { login: { limit: 2, window: 60 } } }
    const after = await as.admin.patch('/admin/settings/rate-limits', change).json()
    expect(after).toEqual({ ...before, general: change.general, tiers: { ...before.tiers, ...change.tiers } })

    const login = () => anon.post('/auth/login', { email: 'x@example.com', password: 'wrong, wrong, wrong' })
    const first = await login()
    expect(first.headers.get('ratelimit-policy')).toBe('"login";q=2;w=60, "general";q=20;w=60')
    await login()
    expect(await login()).toRefuse(429, 'rate_limited')

    const back = await as.admin.patch('/admin/settings/rate-limits', { general: null, tiers: { login: null } }).json()
    expect(back).toEqual(before)
    const events = rows(config, "SELECT payload FROM events WHERE type = 'settings.changed' ORDER BY seq")
    expect(JSON.parse(events[0].payload)).toEqual({ name: 'rate-limits', before: {}, after: change })
  })

  test('count but refuse nobody in a dry run', async () => {
    const { as, anon } = await testApp()
    const tiers = { login: { limit: 1, window: 60 } }
    await as.admin.patch('/admin/settings/rate-limits', { tiers, dryRun: true }).json()
    const login = () => anon.post('/auth/login', { email: 'x@example.com', password: 'wrong, wrong, wrong' })
    await login()
    const second = await login()
    expect(second).toRefuse(401, 'invalid_credentials')
    expect(second.headers.get('ratelimit')).toContain('"login";r=0')
  })

  test('are still in force after a restart, and in a process that missed the message', async () => {
    const { as, app, clock, config } = await testApp()
    await as.admin.patch('/admin/settings/rate-limits', { general: { limit: 33, window: 60 } }).json()
    const { openApp, closeApp } = await import('../../app')
    const { createApi } = await import('../../api')
    const again = await openApp({ ...config }, { clock, log: app.log })
    try {
      const asked = () => createApi(again).fetch(new Request('http://localhost/api/v1/users/me'))
      expect((await asked()).headers.get('ratelimit-policy')).toBe('"general";q=33;w=60')
      await as.admin.patch('/admin/settings/rate-limits', { general: { limit: 44, window: 60 } }).json()
      expect((await asked()).headers.get('ratelimit-policy')).toBe('"general";q=33;w=60')
      clock.advance(minutes(1) + 1)
      await asked()
      await new Promise(setImmediate)
      expect((await asked()).headers.get('ratelimit-policy')).toBe('"general";q=44;w=60')
    } finally {
      await closeApp(again)
    }
  })

  test('have bounds, so that nobody locks everybody out', async () => {
    const { as } = await shared()
    const path = '/admin/settings/rate-limits'
    for (const body of [
      { general: { limit: 0, window: 60 } },
      { general: { limit: 19, window: 60 } },
      { general: { limit: 100, window: 0 } },
      { general: { limit: 100, window: 86_401 } },
      { general: { limit: 1.5, window: 60 } },
      { general: { limit: '100', window: 60 } },
      '{"general":{"limit":1e400,"window":60}}',
      { tiers: { login: { limit: 0, window: 60 } } },
      { tiers: { login: 5 } },
      { dryRun: 'yes' },
    ])
      expect(await as.admin.patch(path, body, { headers: { 'content-type': 'application/json' } })).toRefuse(
        422,
        'validation_failed',
      )
    expect(await as.admin.patch(path, { tiers: { nope: { limit: 1, window: 60 } } })).toRefuse(422, 'unknown_tier')
    expect(await as.admin.patch(path, {})).toRefuse(422, 'nothing_to_change')
    expect(await as.admin.patch(path, { tiers: { __proto__: null, constructor: { limit: 1, window: 60 } } })).toRefuse(
      422,
      'unknown_tier',
    )
  })
})

test('what an admin sees of the system takes a permission of its own each', async () => {
  const house = await testApp()
  await addRole(house, 'watcher', ['stats:read'])
  const watcher = house.person('watcher', { role: 'watcher' })
  expect((await watcher.get('/admin/stats')).status).toBe(200)
  for (const [method, path, body] of ROUTES.slice(1))
    expect(await watcher.send(method, path, body)).toRefuse(403, 'forbidden')
})
