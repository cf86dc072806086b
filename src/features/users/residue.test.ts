import { expect, test } from 'bun:test'
import { days, systemContext } from '#core'
import { residueOf } from '#features/users'
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

test('somebody who looked for nobody finds nothing', async () => {
  const { app } = await testApp()
  const report = await residueOf(systemContext(app, 'test'), { id: crypto.randomUUID(), email: 'nobody@example.com' })
  expect(report).toMatchObject({ clean: true, found: [], kept: [] })
})
