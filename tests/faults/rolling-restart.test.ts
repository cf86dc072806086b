import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Balancer, startBalancer } from '../support/balancer'
import { startLibsqlServer } from '../support/hrana'
import { smtpPeer } from '../support/mail-peers'
import { hasS3, s3Server } from '../support/s3'
import { type Started, startServer } from '../support/server'
import { freePort, hasRedis, startRedis } from '../support/services'
import { tempFolder } from '../support/temp'
import { until } from '../support/until'

// What takes minutes is for those who ask: `FAULTS=full bun test tests/faults/rolling-restart.test.ts`.
const REQUESTS = process.env.FAULTS === 'full' ? 20_000 : 3_000
const AT_ONCE = 12
const PASSWORD = 'plum-anchor-violet-42'

/** Everything that many machines have, as real processes and servers. */
const openFleet = async () => {
  const [redis, smtp, database, s3] = [
    await startRedis(),
    await smtpPeer(),
    startLibsqlServer(),
    hasS3 ? await s3Server() : undefined,
  ]
  const folders = [tempFolder(), tempFolder(), tempFolder()]
  const shared = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    SMTP_URL: smtp.url,
    MAIL_FROM: 'fleet@example.com',
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'warn',
    TRUSTED_PROXIES: '127.0.0.1/32',
    ...(s3 && (await s3.bucket())),
  }
  const settings = folders.map(({ path }, i) => ({
    ...shared,
    DATA_DIR: path,
    PORT: String(freePort()),
    MODE: i === 2 ? 'worker' : 'server',
  }))
  const members: Started[] = []
  for (const env of settings) members.push(await startServer(env))
  const proxy = await startBalancer(members.slice(0, 2).map(({ url }) => url))
  return {
    proxy,
    smtp,
    /** Stops one as a deployment does, and starts it again in the same place. */
    restart: async (i: number) => {
      const code = await members[i]?.kill('SIGTERM')
      const next = await startServer(settings[i] ?? {})
      members[i] = next
      await until(async () => (await fetch(`${next.url}/health/ready`)).status === 200, 50)
      return code
    },
    stop: async () => {
      await proxy.stop()
      await Promise.all(members.map((one) => one.kill('SIGTERM')))
      await Promise.all([redis.stop(), smtp.stop(), database.stop()])
      for (const { remove } of folders) remove()
    },
  }
}

describe.skipIf(!hasRedis)('two servers and a worker over libSQL, Redis, S3 and SMTP, behind a proxy', () => {
  let fleet: Awaited<ReturnType<typeof openFleet>>
  let proxy: Balancer
  let accessToken = ''

  beforeAll(async () => {
    fleet = await openFleet()
    proxy = fleet.proxy
  }, 120_000)
  afterAll(() => fleet.stop(), 120_000)

  const ask = async (method: string, path: string, body?: object | FormData) => {
    const headers = new Headers(accessToken ? { authorization: `Bearer ${accessToken}` } : {})
    if (body && !(body instanceof FormData)) headers.set('content-type', 'application/json')
    const content = body instanceof FormData ? body : body && JSON.stringify(body)
    const reply = await fetch(`${proxy.url}/api/v1${path}`, { method, headers, ...(content && { body: content }) })
    const text = await reply.text()
    return { status: reply.status, text, json: text.startsWith('{') ? JSON.parse(text) : {} }
  }
  const mailed = (template: RegExp) =>
    until(async () => (await fleet.smtp.arrived()).map(({ text }) => template.exec(text)?.[1]).find((token) => token))

  test('somebody registers, proves the address by mail, and signs in', async () => {
    expect(
      (await ask('POST', '/auth/register', { email: 'ada@example.com', password: PASSWORD, name: 'Ada' })).status,
    ).toBe(202)
    const token = await mailed(/verify-email\?token=([\w.~-]+)/)
    expect((await ask('POST', '/auth/verify-email', { token })).status).toBe(200)
    accessToken = (await ask('POST', '/auth/login', { email: 'ada@example.com', password: PASSWORD })).json.accessToken
    expect((await ask('GET', '/users/me')).json.name).toBe('Ada')
  }, 60_000)

  // <files>
  test.skipIf(!hasS3)(
    'a file that came in by one server is there at the other',
    async () => {
      const form = new FormData()
      form.set('file', new File(['hello from the fleet'], 'hello.txt'))
      const { status, json } = await ask('POST', '/upload', form)
      expect(status).toBe(201)
      for (let i = 0; i < 4; i++)
        expect((await ask('GET', `/files/${json.id}/content`)).text).toBe('hello from the fleet')
    },
    60_000,
  )
  // </files>

  test(`all are replaced one by one, and none of ${REQUESTS} requests fails`, async () => {
    const failed: string[] = []
    let sent = 0
    let done = false
    const client = async () => {
      while (sent < REQUESTS || !done) {
        const n = ++sent
        // Every tenth one writes.
        const reply =
          n % 10 === 0 ? await ask('PATCH', '/users/me', { name: `Ada ${n}` }) : await ask('GET', '/users/me')
        if (reply.status !== 200) failed.push(`${n}: ${reply.status} ${reply.text.slice(0, 200)}`)
      }
    }
    const clients = Promise.all(Array.from({ length: AT_ONCE }, client))
    await until(() => sent > REQUESTS / 10)
    const codes = new Set<number | null | undefined>()
    // Once at least; again while there is traffic to do it in.
    do {
      for (const member of [0, 1, 2]) codes.add(await fleet.restart(member))
    } while (sent < REQUESTS)
    done = true
    await clients
    process.stdout.write(
      `  ${sent} requests, ${proxy.counts().join(' and ')} by the servers, ${failed.length} failed\n`,
    )
    expect(failed).toEqual([])
    expect([...codes]).toEqual([0])
    expect(Math.min(...proxy.counts())).toBeGreaterThan(REQUESTS / 10)
  }, 600_000)

  test('what was asked for before still comes: mails, by the new worker', async () => {
    expect((await ask('POST', '/auth/forgot-password', { email: 'ada@example.com' })).status).toBe(202)
    expect(await mailed(/reset-password\?token=([\w.~-]+)/)).toBeTruthy()
  }, 60_000)
})

test('one process on a volume keeps everything over a restart', async () => {
  const folder = tempFolder()
  const env = { DATA_DIR: folder.path, LOG_LEVEL: 'error' }
  const post = (url: string, path: string, body: object) =>
    fetch(`${url}/api/v1/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const first = await startServer(env)
  await post(first.url, '/register', { email: 'ada@example.com', password: PASSWORD, name: 'Ada' })
  const login = await (await post(first.url, '/login', { email: 'ada@example.com', password: PASSWORD })).json()
  const headers = { authorization: `Bearer ${login.accessToken}` }
  const inbox = async (url: string) => (await (await fetch(`${url}/dev/mail.json`)).json()).length
  await until(async () => (await inbox(first.url)) > 0)
  expect(await first.kill('SIGTERM')).toBe(0)

  const second = await startServer(env)
  expect((await (await fetch(`${second.url}/api/v1/users/me`, { headers })).json()).name).toBe('Ada')
  expect((await post(second.url, '/refresh-token', { refreshToken: login.refreshToken })).status).toBe(200)
  expect(await second.kill('SIGTERM')).toBe(0)
  folder.remove()
}, 60_000)
