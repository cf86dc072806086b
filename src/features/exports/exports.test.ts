import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { unzipSync } from 'fflate'
import { days, hours } from '#core'
import { type TestApp, testApp } from '#tests'
import { measureLag } from '../../../tests/support/lag'

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const made = async (kit: TestApp, body: Record<string, unknown>) => {
  const { id } = await kit.as.admin.post('/export/users', body).json()
  await kit.runJobs()
  return kit.as.admin.get(`/export/${id}`).json()
}
const fileOf = ({ config }: TestApp, id: string) => join(config.dataDir, 'files', 'exports', id)

describe('an export of people', () => {
  // bar 242
  test('is taken, made by a job, and tells how far it is', async () => {
    const kit = await testApp()
    await kit.as.ada.get('/auth/me')
    const reply = await kit.as.admin.post('/export/users', { format: 'csv' })
    expect(reply.status).toBe(202)
    const { id, ...rest } = reply.json()
    expect(reply.headers.get('location')).toBe(`/api/v1/export/${id}`)
    expect(rest).toMatchObject({ kind: 'users', format: 'csv', status: 'pending', progress: 0, rows: null, size: null })
    expect(await kit.as.admin.get(`/export/${id}/download`)).toRefuse(409, 'export_not_ready')
    await kit.runJobs()
    const done = await kit.as.admin.get(`/export/${id}`).json()
    expect(done).toMatchObject({ status: 'completed', progress: 1, rows: 2 })
    const file = await kit.as.admin.get(`/export/${id}/download`)
    expect(file.bytes.length).toBe(done.size)
    expect(new Bun.CryptoHasher('sha256').update(file.bytes).digest('hex')).toBe(done.sha256)
    expect(file.headers.get('content-type')).toContain('text/csv')
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="users-[\d-]{10}\.csv"$/)
    expect((await kit.as.admin.get('/export').json()).data).toMatchObject([{ id }])
  })

  // bar 241
  test('runs no formula in a spreadsheet', async () => {
    const kit = await testApp()
    const names = ['=1+1', '+1', '-1', '@SUM(A1)', 'a "quoted", name']
    for (const [i, name] of names.entries()) await kit.person(`p${i}`).patch('/users/me', { name })
    const { id } = await made(kit, { format: 'csv' })
    const { text: csv } = await kit.as.admin.get(`/export/${id}/download`)
    for (const name of names.slice(0, 4)) expect(csv).toContain(`,'${name},`)
    expect(csv).toContain('"a ""quoted"", name"')
    expect(csv.split('\r\n')).toHaveLength(names.length + 3)
  })

  test('comes as JSON and as lines of JSON, with times and truth values', async () => {
    const kit = await testApp()
    await kit.as.ada.get('/auth/me')
    const json = await made(kit, { format: 'json' })
    const people = JSON.parse((await kit.as.admin.get(`/export/${json.id}/download`)).text)
    expect(people).toHaveLength(2)
    expect(people[0]).toMatchObject({ emailVerified: true, twoFactorEnabled: false, status: 'active', deletedAt: null })
    expect(new Date(people[0].createdAt).toISOString()).toBe(people[0].createdAt)
    const lines = await made(kit, { format: 'ndjson' })
    const { text: all } = await kit.as.admin.get(`/export/${lines.id}/download`)
    expect(
      all
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).email),
    ).toEqual(people.map((p: { email: string }) => p.email))
  })

  test('holds those who meet the filter', async () => {
    const kit = await testApp()
    await kit.as.ada.get('/auth/me')
    expect(await made(kit, { format: 'csv', filter: { role: 'admin' } })).toMatchObject({ rows: 1 })
    expect(await made(kit, { format: 'csv', filter: { verified: false } })).toMatchObject({ rows: 0 })
    expect(await made(kit, { format: 'csv', filter: { createdAfter: '2020-01-01T00:00:00.000Z' } })).toMatchObject({
      rows: 2,
    })
    expect(await kit.as.admin.post('/export/users', { format: 'csv', filter: { x: 1 } })).toRefuse(
      422,
      'validation_failed',
    )
    expect(await kit.as.admin.post('/export/users', { format: 'xls' })).toRefuse(422, 'validation_failed')
  })

  // bar 244
  test('holds no hash and no secret', async () => {
    const kit = await testApp()
    const { id } = await made(kit, { format: 'json' })
    const { text: file } = await kit.as.admin.get(`/export/${id}/download`)
    expect(file).not.toMatch(/argon2|password|secret|digest|token/i)
  })

  test('tells the audit log who asked and who took it', async () => {
    const kit = await testApp()
    const { id } = await made(kit, { format: 'csv' })
    await kit.as.admin.get(`/export/${id}/download`)
    for (const action of ['export.requested', 'export.completed', 'export.downloaded']) {
      const { data } = await kit.as.admin.get(`/admin/audit-logs?action=${action}`).json()
      expect(data).toHaveLength(1)
    }
  })
})

const MANY = 100_000

// bar 243
test(`an export of ${MANY.toLocaleString('en')} people takes little memory, and no time from others`, async () => {
  const kit = await testApp()
  await kit.as.admin.get('/auth/me')
  await kit.app.database.transaction(
    (tx) =>
      tx.run(sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
        INSERT INTO users (id, email, name, role, created_at, updated_at)
        SELECT printf('0193a3f0-7c1e-7000-8000-%012x', i), 'p' || i || '@example.com', 'Person ' || i, 'user', 0, 0 FROM n`),
    { bookkeeping: true },
  )
  const { id } = await kit.as.admin.post('/export/users', { format: 'csv', email: false }).json()
  const before = process.memoryUsage.rss()
  const lag = measureLag()
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss() - before + childrenMemory())
  }, 5)
  await kit.runJobs()
  clearInterval(timer)
  // What takes a second of the event loop here would be felt by everybody.
  expect(lag.stop()).toBeLessThan(1000)
  expect(most).toBeLessThan(200_000_000)
  if (process.platform === 'linux') expect(most).toBeGreaterThan(10_000_000)
  expect(await kit.as.admin.get(`/export/${id}`).json()).toMatchObject({ status: 'completed', rows: MANY + 1 })
}, 60_000)

/** Bytes that the processes have which this one has started; nothing where Linux does not tell. */
const childrenMemory = () => {
  const list = `/proc/self/task/${process.pid}/children`
  if (!existsSync(list)) return 0
  const sizes = readFileSync(list, 'utf8').trim().split(' ').filter(Boolean).map(memoryOf)
  return sizes.reduce((sum, size) => sum + size, 0)
}

const memoryOf = (pid: string) => {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

describe('an export', () => {
  // bar 242
  test('is its owner’s alone', async () => {
    const kit = await testApp()
    const { id } = await made(kit, { format: 'csv' })
    expect(await kit.as.ada.get(`/export/${id}`)).toRefuse(404, 'export_not_found')
    expect(await kit.as.ada.get(`/export/${id}/download`)).toRefuse(404, 'export_not_found')
    expect(await kit.as.ada.delete(`/export/${id}`)).toRefuse(404, 'export_not_found')
    expect(await kit.anon.get(`/export/${id}/download`)).toRefuse(401, 'unauthenticated')
    expect(await kit.anon.get(`/export/${id}/download?token=guess`)).toRefuse(401, 'unauthenticated')
    expect(await kit.as.ada.post('/export/users', { format: 'csv' })).toRefuse(403, 'forbidden')
    for (const path of ['/export', `/export/${id}`]) expect(await kit.anon.get(path)).toRefuse(401, 'unauthenticated')
    expect(await kit.anon.post('/export/users', { format: 'csv' })).toRefuse(401, 'unauthenticated')
    expect(await kit.anon.post('/export/me')).toRefuse(401, 'unauthenticated')
    expect(await kit.as.ada.get(`/export/${crypto.randomUUID()}`)).toRefuse(404, 'export_not_found')
  })

  // bar 242
  test('comes by a link in a mail that expires; only a digest of it is kept', async () => {
    const kit = await testApp()
    const { id } = await made(kit, { format: 'csv' })
    const link = kit.mail.link('admin@example.com', 'export-ready')
    const url = await link
    const path = `${url.pathname.replace('/api/v1', '')}${url.search}`
    expect((await kit.anon.get(path)).status).toBe(200)
    const rows = await kit.app.db.all<Record<string, unknown>>('select * from exports')
    expect(JSON.stringify(rows)).not.toContain(url.searchParams.get('token') ?? '-')
    kit.clock.advance(days(2) + 1000)
    expect(await kit.anon.get(path)).toRefuse(410, 'export_expired')
    await kit.runJobs()
    expect(existsSync(fileOf(kit, id))).toBe(false)
    await kit.as.admin.signIn()
    expect(await kit.as.admin.get(`/export/${id}`).json()).toMatchObject({ status: 'expired' })
    expect(await kit.as.admin.get(`/export/${id}/download`)).toRefuse(410, 'export_expired')
  })

  // bar 242
  test('is closed to an owner who may not have it any more, link or not', async () => {
    const kit = await testApp()
    const boss = kit.person('boss', { role: 'admin' })
    const { id } = await boss.post('/export/users', { format: 'csv' }).json()
    await kit.runJobs()
    const url = await kit.mail.link('boss@example.com', 'export-ready')
    await kit.as.admin.patch(`/admin/users/${await boss.id()}/role`, { role: 'user' })
    expect(await boss.get(`/export/${id}/download`)).toRefuse(403, 'forbidden')
    expect(await kit.anon.get(`${url.pathname.replace('/api/v1', '')}${url.search}`)).toRefuse(403, 'forbidden')
  })

  test('can be cancelled, and deleted with its file', async () => {
    const kit = await testApp()
    const { id } = await kit.as.admin.post('/export/users', { format: 'csv' }).json()
    expect((await kit.as.admin.delete(`/export/${id}`)).status).toBe(204)
    await kit.runJobs()
    expect(await kit.as.admin.get(`/export/${id}`).json()).toMatchObject({ status: 'cancelled', size: null })
    expect(await kit.as.admin.get(`/export/${id}/download`)).toRefuse(409, 'export_not_ready')
    const other = await made(kit, { format: 'csv' })
    expect(existsSync(fileOf(kit, other.id))).toBe(true)
    await kit.as.admin.delete(`/export/${other.id}`)
    await kit.runJobs()
    expect(existsSync(fileOf(kit, other.id))).toBe(false)
    expect(await kit.as.admin.get(`/export/${other.id}`)).toRefuse(404, 'export_not_found')
  })

  test('is for people who have verified their address', async () => {
    const kit = await testApp()
    expect(await kit.person('eve', { verified: false }).post('/export/me')).toRefuse(403, 'email_not_verified')
  })
})

test('what a process that died was writing is removed when nobody has gone on with it for a day', async () => {
  const kit = await testApp()
  const left = join(kit.config.dataDir, 'exports', 'half')
  await Bun.write(left, 'half')
  kit.clock.advance(Date.now() + hours(20) - kit.clock.now().getTime())
  await kit.runJobs()
  expect(existsSync(left)).toBe(true)
  kit.clock.advance(days(1))
  await kit.runJobs()
  expect(existsSync(left)).toBe(false)
})

describe('everything about me', () => {
  // bar 244
  test('is a zip with a list of what is in it, and no secret', async () => {
    const kit = await testApp()
    await kit.as.ada.post('/api-keys', { name: 'ci', scopes: [] })
    const { id } = await kit.as.ada.post('/export/me').json()
    await kit.runJobs()
    const files = unzipSync((await kit.as.ada.get(`/export/${id}/download`)).bytes)
    const manifest = JSON.parse(text(files['manifest.json']))
    expect(manifest.userId).toBe(await kit.as.ada.id())
    for (const { name, size, sha256 } of manifest.files) {
      const bytes = files[name]
      expect(bytes?.length).toBe(size)
      expect(new Bun.CryptoHasher('sha256').update(bytes ?? '').digest('hex')).toBe(sha256)
    }
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['profile.json', 'api-keys.json', 'files.json']))
    const all = Object.values(files).map(text).join('')
    expect(all).toContain('ada@example.com')
    expect(all).not.toMatch(/argon2|sk_[A-Za-z0-9]{20}|"digest"/)
  })

  test('cannot be asked for with a key, or on behalf of somebody else', async () => {
    const kit = await testApp()
    const { secret } = await kit.as.ada.post('/api-keys', { name: 'ci', scopes: [] }).json()
    expect(await kit.withKey(secret).post('/export/me')).toRefuse(403, 'session_required')
    const path = `/admin/users/${await kit.as.ada.id()}/impersonate`
    const { accessToken } = await kit.as.admin.post(path, { reason: 'a question' }).json()
    const acting = kit.withToken(accessToken)
    expect(await acting.post('/export/me')).toRefuse(403, 'impersonation_forbidden')
    expect(await acting.get('/export')).toRefuse(403, 'impersonation_forbidden')
  })

  // bar 245
  test('goes with the person', async () => {
    const kit = await testApp({ env: { ACCOUNT_DELETION_GRACE_DAYS: '0' } })
    const { id } = await kit.as.ada.post('/export/me').json()
    await kit.runJobs()
    expect(existsSync(fileOf(kit, id))).toBe(true)
    await kit.as.ada.delete('/users/me', { password: kit.as.ada.password })
    kit.clock.advance(hours(2))
    await kit.runJobs()
    expect(existsSync(fileOf(kit, id))).toBe(false)
  })
})
