import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { days, systemContext } from '#core'
import { bookkeeping, journal, transaction } from '#db'
import { residueOf, userVerified } from '#features/users'
import { rows, testApp } from '#tests'

test('after an erasure no table holds the person’s id or address, but for what the journal keeps', async () => {
  const { as, person, app, clock, anon, config, runJobs } = await testApp()
  const eve = person('eve.adams')
  const id = await eve.id()
  await eve.patch('/users/me', { name: 'Eve Adams' })
  await anon.post('/auth/login', { email: eve.email, password: 'not the right one at all' })
  await anon.post('/auth/forgot-password', { email: eve.email })
  await eve.post('/auth/change-email', { email: 'eve@other.example', password: eve.password })
  await as.admin.post(`/admin/users/${id}/ban`, { reason: 'to try it' })
  await as.admin.post(`/admin/users/${id}/unban`)
  await eve.signIn()
  await runJobs()
  const ctx = systemContext(app, 'test')
  expect((await residueOf(ctx, { id, email: eve.email })).clean).toBe(false)

  await eve.delete('/users/me', { password: eve.password })
  clock.advance(days(15))
  await runJobs()
  const report = await residueOf(ctx, { id, email: eve.email })
  expect(report.found).toEqual([])
  expect(report.clean).toBe(true)
  expect(report.tables).toBeGreaterThan(15)
  const kept = report.kept.map(({ table, of }) => `${table} ${of}`)
  expect(kept).toContain('events id')
  expect(kept.filter((one) => !['events id', 'jobs id'].includes(one))).toEqual([])
  expect(rows(config, 'SELECT * FROM users WHERE id = ?', id)).toEqual([])
  // Not in the index either, where words lie in pieces.
  for (const table of ['people_words', 'people_grams'])
    expect(rows(config, `SELECT rowid FROM ${table} WHERE ${table} MATCH 'adams'`)).toEqual([])
}, 20_000)

// bar 245
test('somebody who did a lot is erased in pieces, and nothing is left either', async () => {
  const { as, app, clock, config, runJobs } = await testApp()
  const id = await as.ada.id()
  const ctx = systemContext(app, 'test')
  const now = clock.now().getTime()
  const many = (values: string) =>
    sql.raw(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)
    INSERT INTO ${values} FROM n`)
  await bookkeeping(ctx, async (tx) => {
    await tx.run(
      many(`emails (id, template, user_id, recipient, status, created_at)
      SELECT 'm' || i, 'welcome', '${id}', '${as.ada.email}', 'sent', ${now}`),
    )
    // <notifications>
    await tx.run(
      many(`notifications (id, user_id, event_id, type, category, title, in_app, created_at)
      SELECT 'n' || i, '${id}', 'e' || i, 'user.updated', 'account', 'Ada', 1, ${now}`),
    )
    // </notifications>
    // <files>
    await tx.run(
      many(`files (id, owner_id, name, mime_type, size, visibility, status, created_at)
      SELECT 'f' || i, '${id}', 'Ada ' || i, 'text/plain', 1, 'private', 'ready', ${now}`),
    )
    // </files>
  })
  for (let i = 0; i < 1100; i++) {
    const seen = { userId: id, name: `Ada ${i}`, email: as.ada.email }
    await transaction(ctx, (tx) => journal.record(tx, ctx, userVerified, seen))
  }
  await as.ada.delete('/users/me', { password: as.ada.password })
  clock.advance(days(15))

  const { transaction: run } = app.database
  let most = 0
  const counted: typeof run = (work, options) =>
    run(async (tx) => {
      const changes = async () => (await tx.get<{ n: number }>(sql`select total_changes() as n`))?.n ?? 0
      const before = await changes()
      const result = await work(tx)
      most = Math.max(most, (await changes()) - before)
      return result
    }, options)
  Object.assign(app.database, { transaction: counted })
  await runJobs()
  Object.assign(app.database, { transaction: run })

  expect(most).toBeWithin(500, 700)
  expect((await residueOf(ctx, { id, email: as.ada.email })).found).toEqual([])
  expect(rows(config, 'SELECT * FROM users WHERE id = ?', id)).toEqual([])
  expect(await app.journal.verify()).toMatchObject({ ok: true })
}, 60_000)

test('somebody who looked for nobody finds nothing', async () => {
  const { app } = await testApp()
  const report = await residueOf(systemContext(app, 'test'), { id: crypto.randomUUID(), email: 'nobody@example.com' })
  expect(report).toMatchObject({ clean: true, found: [], kept: [] })
})
