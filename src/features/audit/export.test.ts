import { describe, expect, test } from 'bun:test'
import { contextOf } from '#core'
import { bookkeeping, journal } from '#db'
import { userVerified } from '#features/users'
import { type Json, testApp } from '#tests'

/** RFC 4180, read strictly. */
const parseCsv = (text: string): string[][] => {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  const rows: string[][] = [[]]
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text)
    if (!found) throw new Error('This is not CSV')
    rows.at(-1)?.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
    if (found[3] !== ',') rows.push([])
  }
  return rows.slice(0, -1)
}

const records = (text: string) => {
  const [columns = [], ...rows] = parseCsv(text)
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? ''])))
}

describe('an export of the audit log', () => {
  test('is the log as CSV, oldest first, and its last row says that it was made', async () => {
    const { as } = await testApp()
    await as.ada.patch('/users/me', { name: 'Ada, "the Countess"' })
    const reply = await as.admin.get('/admin/audit-logs/export')
    expect(reply.headers.get('content-type')).toStartWith('text/csv')
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-log-\d{4}-\d\d-\d\d\.csv"$/)
    expect(reply.headers.get('cache-control')).toBe('private, no-store')
    const rows = records(reply.text)
    expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, i) => i + 1))
    expect(rows.find(({ action }) => action === 'user.updated')).toMatchObject({
      outcome: 'success',
      actorType: 'user',
      actorName: 'Ada, "the Countess"',
      before: '{"name":"Ada"}',
      resourceType: 'user',
      resourceId: await as.ada.id(),
    })
    expect(rows.at(-1)).toMatchObject({ action: 'audit.exported', actorId: await as.admin.id() })
  })

  test('is what was filtered, as NDJSON when asked for, in the shape of the list', async () => {
    const { as } = await testApp()
    const id = await as.ada.id()
    const query = { action: 'user.*', resource: `user:${id}` }
    const reply = await as.admin.get('/admin/audit-logs/export', { query: { format: 'ndjson', ...query } })
    expect(reply.headers.get('content-type')).toStartWith('application/x-ndjson')
    const lines: Json[] = reply.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { data } = await as.admin.get('/admin/audit-logs', { query: { ...query, sort: 'createdAt' } }).json()
    expect(lines).toEqual(data)
    expect(lines).toHaveLength(2)
    const [audited] = (await as.admin.get('/admin/audit-logs', { query: { action: 'audit.exported' } }).json()).data
    expect(audited.details).toEqual({ format: 'ndjson', filter: query })
  })

  test('does not keep the address that was looked for', async () => {
    const { as } = await testApp()
    await as.admin.get('/admin/audit-logs/export', { query: { ip: '203.0.113.99' } })
    const [audited] = (await as.admin.get('/admin/audit-logs', { query: { action: 'audit.exported' } }).json()).data
    expect(audited.details.filter).toEqual({ ip: '[address]' })
  })

  // bar 241
  test('holds no formula that a spreadsheet would run', async () => {
    const { as } = await testApp()
    for (const first of ['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
      await as.ada.with({ 'user-agent': '=1+1' }).patch('/users/me', { name: `${first}1+1` })
      const { text } = await as.admin.get('/admin/audit-logs/export', { query: { action: 'user.updated' } })
      const last = records(text).at(-1)
      expect(last?.actorName).toBe(`'${first}1+1`)
      expect(last?.userAgent).toBe("'=1+1")
    }
  })

  test('refuses what it cannot write', async () => {
    const { as } = await testApp()
    const wrong = { format: 'xlsx', after: 'now' }
    for (const [name, value] of Object.entries(wrong)) {
      const refused = await as.admin.get('/admin/audit-logs/export', { query: { [name]: value } })
      expect(refused).toRefuse(422, 'validation_failed')
      expect(refused.json().errors).toMatchObject([{ path: `/query/${name}` }])
    }
  })

  // bar 243
  test('waits for whoever takes it slowly, and reads no more than they take', async () => {
    const { app, as } = await testApp()
    await as.admin.user()
    const ctx = contextOf(app, { actor: { type: 'system', name: 'test' }, userAgent: 'x'.repeat(500) })
    const payload = { userId: Bun.randomUUIDv7(), name: 'Somebody', email: 'somebody@example.com' }
    for (let n = 0; n < 10; n++)
      await bookkeeping(app, async (tx) => {
        for (let i = 0; i < 500; i++) await journal.record(tx, ctx, userVerified, payload)
      })
    let read = 0
    const scan = app.journal.scan
    app.journal.scan = async function* (filter) {
      for await (const rows of scan(filter)) {
        read += rows.length
        yield rows
      }
    }
    const response = await as.admin.fetch('/admin/audit-logs/export')
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.read()
    expect(read).toBeLessThanOrEqual(1500)
    let chunks = 0
    while (!(await reader?.read())?.done) chunks++
    expect(read).toBeGreaterThan(5000)
    expect(chunks).toBeGreaterThan(8)
  })

  test('stops when nobody listens any more', async () => {
    const { app, as } = await testApp()
    await as.admin.user()
    let ended = false
    const scan = app.journal.scan
    app.journal.scan = async function* (filter) {
      try {
        for (;;) yield* scan(filter)
      } finally {
        ended = true
      }
    }
    const response = await as.admin.fetch('/admin/audit-logs/export')
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.read()
    await reader?.cancel()
    expect(ended).toBe(true)
  })
})
