import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { days, hours, later, minutes } from '#core'
import { type Client, tempFolder, testApp } from '#tests'
import { startLibsqlServer } from '../../../tests/support/hrana'
import { SECRET } from '../../../tests/support/server'
import { outdated } from './remove'
import type { Backup } from './schema'

const ROOT = join(import.meta.dir, '../../..')
const KEY = 'a key for tests only: 0123456789abcdef'
type App = Awaited<ReturnType<typeof testApp>>

const made = async ({ as, runJobs }: App) => {
  const { id } = await as.admin.post('/admin/backup').json()
  await runJobs()
  return as.admin
    .get('/admin/backups')
    .json()
    .then(({ data }) => data.find((each: { id: string }) => each.id === id))
}
const fileOf = ({ config }: App, id: string) => join(config.dataDir, 'backups', 'backups', `${id}.backup`)

describe('a backup', () => {
  // bar 213
  test('is made by a job, whole, hashed, and listed', async () => {
    const kit = await testApp()
    await kit.as.ada.get('/auth/me')
    const asked = await kit.as.admin.post('/admin/backup')
    expect(asked.status).toBe(202)
    expect(asked.json()).toMatchObject({ status: 'pending', size: null, verified: false })
    await kit.runJobs()
    const { data } = await kit.as.admin.get('/admin/backups').json()
    expect(data).toHaveLength(1)
    expect(data[0]).toMatchObject({ status: 'completed', encrypted: false, problem: null })
    const bytes = readFileSync(fileOf(kit, data[0].id))
    expect(bytes.length).toBe(data[0].size)
    expect(new Bun.CryptoHasher('sha256').update(bytes).digest('hex')).toBe(data[0].sha256)
    expect(readdirSync(join(kit.config.dataDir, 'backups', '.work'))).toEqual([])
  })

  // bar 213
  test('made under writes holds every row that was acknowledged before, and no write fails', async () => {
    const kit = await testApp()
    await kit.as.admin.get('/auth/me')
    let [written, done] = [0, false]
    const write = async () => {
      const row = sql`insert into erasures values (${`row ${written}`}, 0)`
      await kit.app.database.transaction(async (tx) => void (await tx.run(row)), { bookkeeping: true })
      written += 1
    }
    while (written < 200) await write()
    const writing = (async () => {
      while (!done) {
        await write()
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })()
    const before = written
    const { id } = await made(kit)
    done = true
    await writing
    expect(written).toBeGreaterThan(before)
    const { rows } = await kit.as.admin.post('/admin/restore', { backupId: id, dryRun: true }).json()
    expect(rows.erasures).toBeGreaterThanOrEqual(before)
    expect(rows.erasures).toBeLessThanOrEqual(written)
  })

  test('tells webhooks and the audit log', async () => {
    const kit = await testApp()
    await made(kit)
    const { data } = await kit.as.admin.get('/admin/audit-logs?action=backup.completed').json()
    expect(data).toHaveLength(1)
  })

  test('is encrypted where there is a key, and opens with it', async () => {
    const kit = await testApp({ env: { BACKUP_ENCRYPTION_KEY: KEY } })
    const { id, encrypted } = await made(kit)
    expect(encrypted).toBe(true)
    const bytes = readFileSync(fileOf(kit, id))
    expect(bytes.subarray(0, 8).toString()).toBe('KEELENC1')
    expect(await kit.as.admin.post(`/admin/backups/${id}/verify`).json()).toMatchObject({
      verified: true,
      problem: null,
    })
  })

  test('that is damaged is found out', async () => {
    const kit = await testApp()
    const { id } = await made(kit)
    const bytes = readFileSync(fileOf(kit, id))
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    writeFileSync(fileOf(kit, id), bytes)
    const checked = await kit.as.admin.post(`/admin/backups/${id}/verify`).json()
    expect(checked.verified).toBe(false)
    expect(checked.problem).toContain('checksum')
    const health = await kit.as.admin.under('').get('/health').json()
    expect(health.checks.backups[0]).toMatchObject({ status: 'warn', drillPassed: false })
  })

  test('can be downloaded, by somebody who has just proved who they are', async () => {
    const kit = await testApp()
    const { id, size } = await made(kit)
    const reply = await kit.as.admin.get(`/admin/backups/${id}/download`)
    expect(reply.bytes.length).toBe(size)
    expect(reply.headers.get('content-disposition')).toMatch(/^attachment; filename="backup-\d{8}T\d{4}\.tar\.zst"$/)
    kit.clock.advance(minutes(16))
    await kit.as.admin.post('/auth/refresh-token', { refreshToken: (await kit.as.admin.tokens()).refreshToken })
    const path = `/admin/backups/${id}`
    const stale = kit.withToken((await kit.as.admin.tokens()).accessToken)
    for (const refused of [
      await stale.get(`${path}/download`),
      await stale.delete(path),
      await stale.post('/admin/restore', { backupId: id }),
    ])
      expect([401, 403]).toContain(refused.status)
  })
})

describe('backups', () => {
  // bar 218
  test('are made one at a time; the one under way cannot be removed', async () => {
    const { as } = await testApp()
    const { id } = await as.admin.post('/admin/backup').json()
    expect(await as.admin.post('/admin/backup')).toRefuse(409, 'backup_in_progress')
    expect(await as.admin.delete(`/admin/backups/${id}`)).toRefuse(409, 'backup_in_progress')
    expect(await as.admin.get(`/admin/backups/${id}/download`)).toRefuse(409, 'backup_not_ready')
    expect(await as.admin.post(`/admin/backups/${id}/verify`)).toRefuse(409, 'backup_not_ready')
    expect(await as.admin.post('/admin/restore', { backupId: id })).toRefuse(409, 'backup_not_ready')
  })

  // bar 218
  test('are nobody’s business but of those who look after them', async () => {
    const { as, anon } = await testApp()
    const id = crypto.randomUUID()
    const ask = [
      ['POST', '/admin/backup'],
      ['GET', '/admin/backups'],
      ['GET', `/admin/backups/${id}/download`],
      ['DELETE', `/admin/backups/${id}`],
      ['POST', `/admin/backups/${id}/verify`],
      ['POST', '/admin/restore'],
    ] as const
    for (const [method, path] of ask) {
      const body = path === '/admin/restore' ? { backupId: id } : undefined
      expect(await as.ada.send(method, path, body)).toRefuse(403, 'forbidden')
      expect(await anon.send(method, path, body)).toRefuse(401, 'unauthenticated')
    }
  })

  // bar 218
  test('have ids, not names of files', async () => {
    const { as } = await testApp()
    expect(await as.admin.get('/admin/backups/..%2F..%2Fkeel.db/download')).toRefuse(404, 'not_found')
    expect(await as.admin.get('/admin/backups/keel.db/download')).toRefuse(404, 'not_found')
    expect(await as.admin.post('/admin/restore', { backupId: '../keel' })).toRefuse(422, 'validation_failed')
    const id = crypto.randomUUID()
    expect(await as.admin.get(`/admin/backups/${id}/download`)).toRefuse(404, 'backup_not_found')
    expect(await as.admin.delete(`/admin/backups/${id}`)).toRefuse(404, 'backup_not_found')
    expect(await as.admin.post(`/admin/backups/${id}/verify`)).toRefuse(404, 'backup_not_found')
    expect(await as.admin.post('/admin/restore', { backupId: id })).toRefuse(404, 'backup_not_found')
  })

  // bar 219
  test('are removed when an admin says so, the last one too', async () => {
    const kit = await testApp()
    const { id } = await made(kit)
    expect((await kit.as.admin.delete(`/admin/backups/${id}`)).status).toBe(204)
    expect(existsSync(fileOf(kit, id))).toBe(false)
    expect(await kit.as.admin.delete(`/admin/backups/${id}`)).toRefuse(404, 'backup_not_found')
  })

  test('are made every night, rehearsed every week, and there is news of both in health', async () => {
    const kit = await testApp()
    await kit.runJobs()
    kit.clock.advance(days(8))
    await kit.runJobs()
    await kit.as.admin.signIn()
    const { data } = await kit.as.admin.get('/admin/backups').json()
    expect(data.length).toBeGreaterThan(0)
    await kit.app.queue.runDue()
    const health = await kit.as.admin.under('').get('/health').json()
    expect(health.checks.backups[0]).toMatchObject({ lastStatus: 'completed' })
  })
})

test('what a process that died left half-made is removed when it is two days old, and not before', async () => {
  const kit = await testApp()
  const left = join(kit.config.dataDir, 'backups', '.work', 'check-1.d', 'database.sqlite')
  await Bun.write(left, 'half')
  kit.clock.advance(later(new Date(), hours(20)).getTime() - kit.clock.now().getTime())
  await kit.runJobs()
  expect(existsSync(left)).toBe(true)
  kit.clock.advance(days(2))
  await kit.runJobs()
  expect(existsSync(left)).toBe(false)
})

describe('a store that does not answer', () => {
  // bar 219
  test('leaves the backup on this machine, is tried again, and shows in health', async () => {
    const store = {
      S3_ENDPOINT: 'http://127.0.0.1:1',
      S3_BUCKET: 'b',
      S3_ACCESS_KEY_ID: 'k',
      S3_SECRET_ACCESS_KEY: 's',
    }
    const kit = await testApp({ env: store })
    const { id } = await kit.as.admin.post('/admin/backup').json()
    await kit.runJobs()
    const { data } = await kit.as.admin.get('/admin/backups').json()
    expect(data).toMatchObject([{ id, status: 'running' }])
    expect(data[0].problem).toContain('does not answer')
    expect(readdirSync(join(kit.config.dataDir, 'backups', '.work')).sort()).toEqual([id, `${id}.json`])
    const { checks } = await kit.as.admin.under('').get('/health').json()
    expect(checks.backups[0].status).toBe('warn')
    for (let attempt = 0; attempt < 8; attempt++) {
      kit.clock.advance(hours(1))
      await kit.runJobs()
    }
    await kit.as.admin.signIn()
    expect((await kit.as.admin.get('/admin/backups').json()).data).toMatchObject([{ id, status: 'failed' }])
    expect(await kit.mail.latest('admin@example.com', 'backup-failed')).toMatchObject({ template: 'backup-failed' })
  }, 30_000)
})

// bar 219
test('of each period the newest are kept, and the last good one whatever happens', () => {
  const now = new Date('2026-11-22T12:00:00.000Z')
  const at = (age: number, other: Partial<Backup> = {}) =>
    ({ id: String(age), status: 'completed', verified: null, createdAt: later(now, -age), ...other }) as Backup
  const daily = Array.from({ length: 400 }, (_, n) => at(days(n) + hours(1)))
  const gone = outdated(daily, { daily: 7, weekly: 4, monthly: 12 }, now)
  const kept = daily.filter((each) => !gone.includes(each))
  expect(kept.length).toBeGreaterThanOrEqual(18)
  expect(kept.length).toBeLessThanOrEqual(22)
  const none = { daily: 0, weekly: 0, monthly: 0 }
  expect(outdated([at(days(90)), at(days(80), { verified: false })], none, now).map(({ id }) => id)).toEqual([
    String(days(80)),
  ])
})

describe('restoring', () => {
  let folder: ReturnType<typeof tempFolder>
  beforeEach(() => {
    folder = tempFolder()
  })
  afterEach(() => folder.remove())
  const opened = (env: Record<string, string> = {}) => testApp({ env: { DATA_DIR: folder.path, ...env } })
  /** The same data folder in a new App, as after a restart. */
  const again = async (kit: App) => {
    const { email, password } = kit.as.admin
    await kit.close()
    const after = await testApp({ env: { DATA_DIR: folder.path }, clock: kit.clock })
    const { accessToken } = await after.anon.post('/auth/login', { email, password }).json()
    return after.withToken(accessToken)
  }
  const names = async (admin: Client) => {
    const { data } = await admin.get('/users?limit=100').json()
    return data.map(({ name }: { name: string }) => name).sort()
  }

  // bar 216
  test('puts everything back as it was; the database before it is kept', async () => {
    const kit = await opened()
    await kit.as.ada.get('/auth/me')
    const { id } = await made(kit)
    const before = await names(kit.as.admin)
    await kit.as.bob.get('/auth/me')
    expect(await names(kit.as.admin)).not.toEqual(before)
    const reply = await kit.as.admin.post('/admin/restore', { backupId: id })
    expect(reply.status).toBe(202)
    expect(reply.json()).toMatchObject({ backupId: id, dryRun: false, rows: { users: 2 } })
    const admin = await again(kit)
    expect(await names(admin)).toEqual(before)
    expect(readdirSync(join(kit.config.dataDir, 'backups')).some((name) => name.startsWith('before-restore-'))).toBe(
      true,
    )
    const { data } = await admin.get('/admin/backups').json()
    expect(data).toMatchObject([{ id, status: 'completed' }])
    const audit = await admin.get('/admin/audit-logs?action=backup.restored').json()
    expect(audit.data).toHaveLength(1)
  })

  test('on trial changes nothing', async () => {
    const kit = await opened()
    const { id } = await made(kit)
    const reply = await kit.as.admin.post('/admin/restore', { backupId: id, dryRun: true })
    expect(reply.status).toBe(202)
    expect(existsSync(join(kit.config.dataDir, 'restore', 'order.json'))).toBe(false)
    expect(existsSync(join(kit.config.dataDir, 'restore', 'unpacked'))).toBe(false)
  })

  // bar 215
  test('refuses what is damaged, cut off or something else, before anything is touched', async () => {
    const kit = await opened()
    const { id } = await made(kit)
    const bytes = readFileSync(fileOf(kit, id))
    for (const wrong of [bytes.subarray(0, -20), Buffer.from('not a backup'), Buffer.concat([bytes, bytes])]) {
      writeFileSync(fileOf(kit, id), wrong)
      expect(await kit.as.admin.post('/admin/restore', { backupId: id })).toRefuse(422, 'backup_invalid')
    }
    expect(existsSync(join(kit.config.dataDir, 'restore', 'order.json'))).toBe(false)
    expect((await kit.as.admin.get('/auth/me')).status).toBe(200)
  })

  // bar 245
  test('leaves people erased who were erased since', async () => {
    const kit = await opened({ ACCOUNT_DELETION_GRACE_DAYS: '0' })
    await kit.as.ada.get('/auth/me')
    await kit.as.bob.get('/auth/me')
    const { id } = await made(kit)
    const gone = await kit.as.bob.id()
    expect((await kit.as.bob.delete('/users/me', { password: kit.as.bob.password })).status).toBe(202)
    kit.clock.advance(hours(2))
    await kit.runJobs()
    await kit.as.admin.signIn()
    expect(await kit.as.admin.get(`/users/${gone}`)).toRefuse(404, 'user_not_found')
    expect((await kit.as.admin.post('/admin/restore', { backupId: id })).status).toBe(202)
    const admin = await again(kit)
    expect(await admin.get(`/users/${gone}`)).toRefuse(404, 'user_not_found')
    expect((await admin.get('/users').json()).data).toHaveLength(2)
  })
})

test('a libSQL server is backed up by itself, and who asks is told so: by HTTP and at the terminal', async () => {
  const server = startLibsqlServer()
  const { as, outside, config, close } = await testApp({ env: { DATABASE_URL: server.url } })
  try {
    const refused = await as.admin.post('/admin/backup')
    expect(refused).toRefuse(409, 'backup_not_supported')
    expect(refused.json().detail).toContain('point-in-time restore instead')
    const order = { backupId: crypto.randomUUID() }
    expect(await as.admin.post('/admin/restore', order)).toRefuse(409, 'backup_not_supported')
    expect((await as.admin.get('/admin/backups').json()).data).toEqual([])
    expect((await outside.get('/health/ready')).json().status).not.toBe('fail')
    for (const command of [['backup'], ['backup', '--out', join(config.dataDir, 'x')], ['restore', 'latest']]) {
      const { code, said } = await atTerminal(command, { DATABASE_URL: server.url, DATA_DIR: config.dataDir })
      expect([code, said.trim().split('\n').length]).toEqual([1, 1])
      expect(said).toContain('The database is a libSQL server')
    }
  } finally {
    await close()
    await server.stop()
  }
}, 60_000)

const atTerminal = async ([script, ...args]: string[], env: Record<string, string>) => {
  const child = Bun.spawn([process.execPath, '--no-install', join(ROOT, `scripts/${script}.ts`), ...args], {
    env: { PATH: process.env.PATH ?? '', SECRET_KEY: SECRET, ...env },
    stdout: 'ignore',
    stderr: 'pipe',
  })
  return { said: await new Response(child.stderr).text(), code: await child.exited }
}
