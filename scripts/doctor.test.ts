import { Database as Sqlite } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasRedis, startRedis, tempFolder } from '#tests'
import { migrateFile } from '../src/adapters/database/migrate-file'
import { diagnose } from './doctor/diagnose'
import type { Surroundings } from './doctor/finding'
import { ROOT, run } from './lib/run'

/** The feature may have been removed. */
const NOW = new Date('2027-03-01T12:00:00Z')
const HOUR = 60 * 60 * 1000
const SECRET = 'mJ4x8Vq2Zt6Rw9Lk3Np7Hs5Fd1Gc0YbQ'
const MOUNTS = '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n'
const RECORDS: Record<string, string[]> = {
  'send.acme.com': ['v=spf1 include:amazonses.com ~all'],
  'resend._domainkey.acme.com': ['p=MIGfMA0GCSqGSIb3'],
  '_dmarc.acme.com': ['v=DMARC1; p=quarantine'],
}

const resolverOf = (records: Record<string, string[]>): Surroundings['resolver'] => ({
  resolveTxt: async (name) => {
    const found = records[name]
    if (!found) throw Object.assign(new Error(`queryTxt ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
    // DNS cuts long texts into pieces of 255 bytes.
    return found.map((text) => [text.slice(0, 5), text.slice(5)])
  },
})

const nobody = () => Promise.reject(new Error('Unable to connect'))
const folders: { remove: () => void }[] = []
afterAll(() => {
  for (const each of folders) each.remove()
})

/** A deployment in production in which nothing is wrong but that its backups lie beside the database. */
const healthy = () => {
  const folder = tempFolder('keel-doctor-')
  folders.push(folder)
  migrateFile(join(folder.path, 'keel.db'))
  const env: Surroundings['env'] = {
    NODE_ENV: 'production',
    DATA_DIR: folder.path,
    SECRET_KEY: SECRET,
    APP_URL: 'https://api.acme.com',
    RESEND_API_KEY: 're_123',
    MAIL_FROM: 'Acme <hello@acme.com>',
    TRUSTED_PROXIES: '172.16.0.0/12',
  }
  const change = (sql: string) => {
    const db = new Sqlite(join(folder.path, 'keel.db'))
    db.run(sql)
    db.close()
  }
  // <backups>
  const backup = (age: number, status = 'completed', verified: number | null = null, problem: string | null = null) => {
    const row = [`'${crypto.randomUUID()}'`, `'${status}'`, NOW.getTime() - age, verified, problem && `'${problem}'`]
    change(`INSERT INTO backups (id, status, created_at, verified, problem)
      VALUES (${row.map((value) => value ?? 'NULL').join(', ')})`)
  }
  backup(3 * HOUR)
  // </backups>
  const around: Surroundings = {
    env,
    resolver: resolverOf(RECORDS),
    now: () => NOW,
    mounts: () => MOUNTS,
    space: () => ({ free: 20e9, total: 40e9 }),
    fetch: nobody,
  }
  return {
    path: folder.path,
    env,
    around,
    change,
    // <backups>
    backup,
    // </backups>
  }
}

type Place = ReturnType<typeof healthy>
type Plant = (place: Place) => Partial<Omit<Surroundings, 'env'>> & { env?: Surroundings['env'] }

const examine = async (plant: Plant) => {
  const place = healthy()
  const { env, ...rest } = plant(place)
  return await diagnose({ ...place.around, ...rest, env: { ...place.env, ...env } })
}
const answers =
  (headers: Record<string, string>, body = '{}') =>
  () =>
    Promise.resolve(new Response(body, { headers }))

test('a deployment in which nothing is wrong hears at most where its backups lie', async () => {
  const found = await examine(() => ({}))
  expect(found.map(({ level, says }) => [level, says])).toEqual([
    // <backups>
    ['warning', 'Backups lie on the same disk as the database'],
    // </backups>
  ])
})

const faults: [string, 'error' | 'warning', RegExp, Plant][] = [
  ['settings', 'error', /^SECRET_KEY looks like a placeholder/, () => ({ env: { SECRET_KEY: 'change-me'.repeat(5) } })],
  ['settings', 'error', /^PORT has to be/, () => ({ env: { PORT: 'http' } })],
  ['data folder', 'warning', /is not there yet/, ({ path }) => ({ env: { DATA_DIR: join(path, 'later') } })],
  [
    'data folder',
    'error',
    /overlay: what is in it goes with the container/,
    () => ({ mounts: () => '22 1 0:1 / / rw - overlay overlay rw' }),
  ],
  [
    'data folder',
    'error',
    /tmpfs/,
    ({ path }) => ({ mounts: () => `${MOUNTS}23 1 0:2 / ${path} rw - tmpfs tmpfs rw` }),
  ],
  ['data folder', 'error', /network file system/, () => ({ mounts: () => '22 1 0:1 / / rw - nfs4 store:/ rw' })],
  ['data folder', 'error', /^Only 47 MB/, () => ({ space: () => ({ free: 5e7, total: 1e9 }) })],
  ['data folder', 'warning', /^Only 476 MB/, () => ({ space: () => ({ free: 5e8, total: 1e9 }) })],
  [
    'secrets',
    'error',
    /secret\.key can be read by other users/,
    ({ path }) => {
      writeFileSync(join(path, 'secret.key'), SECRET, { mode: 0o644 })
      return {}
    },
  ],
  ['secrets', 'error', /METRICS_TOKEN/, () => ({ env: { METRICS_TOKEN: 'short' } })],
  ['secrets', 'error', /are the same/, () => ({ env: { BACKUP_ENCRYPTION_KEY: SECRET } })],
  ['secrets', 'error', /Certificates/, () => ({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })],
  ['database', 'error', /damaged|cannot be read/, ({ path }) => scribble(join(path, 'keel.db'))],
  [
    'database',
    'error',
    /belongs to another application/,
    ({ change }) => {
      change('PRAGMA application_id = 7')
      return {}
    },
  ],
  [
    'database',
    'warning',
    /migrations are to be applied/,
    ({ change }) => {
      change('DELETE FROM __drizzle_migrations WHERE id = (SELECT max(id) FROM __drizzle_migrations)')
      return {}
    },
  ],
  [
    'database',
    'error',
    /made by another version/,
    ({ change }) => {
      change("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9999999999999)")
      return {}
    },
  ],
  ['database', 'error', /cannot be read/, () => ({ env: { DATABASE_URL: 'http://127.0.0.1:9' } })],
  [
    'clock',
    'error',
    /disagree about the time by 3600 s/,
    () => ({ fetch: answers({ date: new Date(NOW.getTime() + HOUR).toUTCString() }) }),
  ],
  ['address', 'error', /links in mails lead nowhere/, () => ({ env: { APP_URL: '' } })],
  ['address', 'error', /not https/, () => ({ env: { APP_URL: 'http://api.acme.com' } })],
  ['address', 'error', /CORS_ORIGINS lets/, () => ({ env: { CORS_ORIGINS: 'http://localhost:5173' } })],
  ['address', 'error', /anybody on the way/, () => ({ env: { CORS_ORIGINS: 'http://app.acme.com' } })],
  ['address', 'error', /anybody may claim any address/, () => ({ env: { TRUSTED_PROXIES: '0.0.0.0/0' } })],
  ['address', 'error', /runs on Fly/, () => ({ env: { FLY_APP_NAME: 'acme' } })],
  ['address', 'warning', /this is not Fly/, () => ({ env: { TRUSTED_PROXIES: 'fly' } })],
  [
    'address',
    'error',
    /it sends via/,
    () => ({ env: { TRUSTED_PROXIES: '' }, fetch: answers({ via: '1.1 Caddy', date: NOW.toUTCString() }) }),
  ],
  ['address', 'warning', /does not answer/, () => ({ env: { TRUSTED_PROXIES: '' } })],
  ['mail', 'error', /^Nobody sends mail/, () => ({ env: { RESEND_API_KEY: '' } })],
  ['mail', 'error', /nobody can answer/, () => ({ env: { MAIL_FROM: 'Acme <hello@acme.local>' } })],
  ['mail', 'error', /no SPF record/, () => records({ 'send.acme.com': [] })],
  ['mail', 'error', /2 SPF records/, () => records({ 'send.acme.com': ['v=spf1 -all', 'v=spf1 ~all'] })],
  ['mail', 'error', /lets everybody send/, () => records({ 'send.acme.com': ['v=spf1 +all'] })],
  ['mail', 'error', /no DKIM key/, () => records({ 'resend._domainkey.acme.com': [] })],
  ['mail', 'error', /revoked/, () => records({ 'resend._domainkey.acme.com': ['v=DKIM1; p='] })],
  ['mail', 'error', /no DMARC record/, () => records({ '_dmarc.acme.com': [] })],
  ['mail', 'warning', /p=none/, () => records({ '_dmarc.acme.com': ['v=DMARC1; p=none'] })],
  [
    'mail',
    'warning',
    /DKIM key of acme.com was not looked at/,
    () => ({ env: { RESEND_API_KEY: '', SMTP_URL: 'smtps://u:p@mail.acme.com:465' } }),
  ],
  [
    'mail',
    'warning',
    /could not be asked: timeout/,
    () => ({
      resolver: {
        resolveTxt: (name) =>
          name.startsWith('send.')
            ? Promise.reject(Object.assign(new Error('timeout'), { code: 'ETIMEOUT' }))
            : resolverOf(RECORDS).resolveTxt(name),
      },
    }),
  ],
  ['redis', 'error', /does not answer/, () => ({ env: { REDIS_URL: 'redis://127.0.0.1:9' } })],
  ['redis', 'warning', /without Redis/, () => ({ env: { MODE: 'server' } })],
  ['storage', 'error', /cannot be put in files/, () => ({ env: bucket('files') })],
  ['secrets', 'warning', /unencrypted/, () => ({ env: bucket('files') })],
  // <backups>
  [
    'backups',
    'error',
    /newest is 72 hours old/,
    ({ change, backup }) => {
      change('DELETE FROM backups')
      backup(72 * HOUR)
      return {}
    },
  ],
  [
    'backups',
    'warning',
    /None has been made/,
    ({ change }) => {
      change('DELETE FROM backups')
      return {}
    },
  ],
  [
    'backups',
    'error',
    /last attempt failed: disk full/,
    ({ backup }) => {
      backup(HOUR, 'failed', null, 'disk full')
      return {}
    },
  ],
  [
    'backups',
    'error',
    /rehearsed restore failed/,
    ({ backup }) => {
      backup(HOUR, 'completed', 0, 'torn')
      return {}
    },
  ],
  // </backups>
  ['server', 'error', /not ready/, () => ({ fetch: health({ status: 'fail' }) })],
  [
    'server',
    'warning',
    /without redis/,
    () => ({ fetch: health({ status: 'warn', checks: { redis: [{ status: 'warn' }] } }) }),
  ],
]

const records = (changed: Record<string, string[]>) => ({ resolver: resolverOf({ ...RECORDS, ...changed }) })
const health = (report: unknown) => answers({ 'content-type': 'application/health+json' }, JSON.stringify(report))
const bucket = (name: string) => ({
  S3_ENDPOINT: 'http://127.0.0.1:9',
  S3_BUCKET: name,
  S3_ACCESS_KEY_ID: 'key',
  S3_SECRET_ACCESS_KEY: 'secret',
})

/** Leaves the head of the file as it is, and nothing behind it. */
function scribble(path: string) {
  const db = new Sqlite(path)
  db.run('PRAGMA journal_mode = DELETE')
  const bytes = db.serialize()
  db.close()
  bytes.fill(0x5a, 4096)
  writeFileSync(path, bytes)
  return {}
}

describe('a planted fault is found, with its cure', () => {
  test.each(faults)('%s: %s %p', async (about, level, says, plant) => {
    const found = await examine(plant)
    expect(found.filter((one) => one.level === level && one.about === about && says.test(one.says))).toHaveLength(1)
    expect(found.every(({ cure }) => cure.length > 10)).toBe(true)
  })

  test('a folder that cannot be written', async () => {
    // Root may write anywhere but to the kernel.
    const found = await examine(() => ({ env: { DATA_DIR: '/proc/keel' } }))
    expect(found.map(({ says }) => says)).toContainEqual(expect.stringMatching(/cannot be written|is not there yet/))
  })

  test('says no secret', async () => {
    const found = await examine(() => ({
      env: { METRICS_TOKEN: 'oh-so-short', BACKUP_ENCRYPTION_KEY: SECRET, REDIS_URL: 'redis://:hidden@127.0.0.1:9' },
    }))
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`oh-so-short|hidden|${SECRET}`))
  })
})

// <backups>
test('a feature of backups that was removed is not missed', async () => {
  const found = await examine(({ change }) => {
    change('DROP TABLE backups')
    return {}
  })
  expect(found.filter(({ level }) => level === 'error')).toEqual([])
})
// </backups>

describe.skipIf(!hasRedis)('Redis', () => {
  let server: Awaited<ReturnType<typeof startRedis>>
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  const look = async (now = new Date()) => {
    const found = await examine(() => ({ env: { REDIS_URL: server.url }, now: () => now }))
    return found.filter(({ about }) => about === 'redis' || about === 'clock').map(({ says }) => says)
  }

  test('that keeps its keys and has the right time is fine', async () => {
    expect(await look()).toEqual([])
  })

  test('that evicts keys is an error', async () => {
    await server.send(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'])
    expect(await look()).toEqual(['It throws keys away (allkeys-lru) when it is full'])
    await server.send(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'])
  })

  test('tells that this machine is late', async () => {
    expect(await look(new Date(Date.now() - HOUR))).toEqual([
      expect.stringMatching(/^This machine and Redis disagree about the time by 3(599|600|601) s$/),
    ])
  })
})

describe('the command', () => {
  const doctor = async (env: Record<string, string>, ...words: string[]) => {
    const child = Bun.spawn([process.execPath, '--no-env-file', 'scripts/doctor.ts', ...words], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? '', PORT: '9', ...env },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    return { said: await new Response(child.stdout).text(), code: await child.exited }
  }

  test('ends with 0 where there are only warnings, and with 1 if asked to be strict', async () => {
    const folder = tempFolder()
    folders.push(folder)
    const { said, code } = await doctor({ DATA_DIR: folder.path })
    expect(said).toContain('0 errors, 1 warning')
    expect(code).toBe(0)
    expect((await doctor({ DATA_DIR: folder.path }, '--strict')).code).toBe(1)
  })

  test('leaves the folder as it was', async () => {
    const folder = tempFolder()
    folders.push(folder)
    await doctor({ DATA_DIR: join(folder.path, 'data') })
    expect([...new Bun.Glob('**/*').scanSync(folder.path)]).toEqual([])
  })

  test('ends with 1 for an error, and shows errors apart from warnings with their cures', async () => {
    const folder = tempFolder()
    folders.push(folder)
    mkdirSync(join(folder.path, 'data'))
    const key = join(folder.path, 'data/secret.key')
    writeFileSync(key, SECRET)
    chmodSync(key, 0o644)
    const { said, code } = await doctor({ DATA_DIR: join(folder.path, 'data') })
    expect(code).toBe(1)
    expect(said).toMatch(/^Errors\n {2}✗ secrets: .+\n {6}chmod 600 .+\n\nWarnings\n {2}! database: /)
  })

  test('ends with 1 and all problems for settings that do not fit', async () => {
    const { said, code } = await doctor({ PORT: 'x', MODE: 'y' })
    expect(code).toBe(1)
    expect(said).toContain('2 errors, 0 warnings')
  })

  test('ends with 2 for a word it does not know', async () => {
    expect((await run(['bun', 'scripts/doctor.ts', '--cure'])).code).toBe(2)
  })
})
