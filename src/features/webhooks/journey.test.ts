import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { hasRedis, type RedisServer, startRedis, tempFolder, until } from '#tests'
import { SECRET } from '../../../tests/support/server'
import { LOOPBACK, listening } from '../../../tests/support/webhooks'

const MAIN = join(import.meta.dir, '../../../tests/support/children/house.ts')
const EMAIL = 'grace@example.com'
const PASSWORD = 'plum-anchor-violet-42'
const KILLS = 2

const deployments = [
  { name: 'one process', modes: ['all'], redis: false },
  ...(hasRedis ? [{ name: 'a server and a worker over Redis', modes: ['server', 'worker'], redis: true }] : []),
]

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** Processes on one database that can be killed all at once and come back, the first of them the door. */
const house = async (modes: readonly string[], redis: RedisServer | undefined) => {
  const folder = tempFolder()
  const redisUrl: Record<string, string> = redis ? { REDIS_URL: redis.url } : {}
  const env = { NODE_ENV: 'test', HOST: '127.0.0.1', PORT: '0', DATA_DIR: folder.path, SECRET_KEY: SECRET, ...LOOPBACK }
  const startOne = async (mode: string) => {
    const child = Bun.spawn([process.execPath, MAIN], {
      env: {
        PATH: process.env.PATH ?? '',
        TZ: 'UTC',
        APP_URL: 'http://localhost:3000',
        ...env,
        ...redisUrl,
        MODE: mode,
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    const { value } = await child.stdout.getReader().read()
    return { child, url: new TextDecoder().decode(value).trim().replace('localhost', '127.0.0.1') }
  }
  let running: Awaited<ReturnType<typeof startOne>>[] = []
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    for (const { child } of running) child.kill(signal)
    await Promise.all(running.map(({ child }) => child.exited))
    const codes = running.map(({ child }) => child.exitCode)
    running = []
    return codes
  }
  // Together, as a machine that comes back starts them; the first time one after the other, to set up the database.
  const start = async () => {
    if (running.length === 0 && !(await Bun.file(join(folder.path, 'keel.db')).exists()))
      for (const mode of modes) running.push(await startOne(mode))
    else running = await Promise.all(modes.map(startOne))
  }
  ends.push(async () => {
    await end('SIGKILL')
    folder.remove()
  })
  await start()
  const call = async (method: string, path: string, body?: object, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
    const target = `${running[0]?.url}${path}`
    const response = await fetch(target, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const text = await response.text()
    return { status: response.status, json: text ? JSON.parse(text) : undefined }
  }
  return { call, start, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}

describe.each(deployments)('a receiver of $name', ({ modes, redis: wanted }) => {
  // bar 183
  test(`gets every event of an account's life, signed, across ${KILLS} kills`, async () => {
    const redis = wanted ? await startRedis() : undefined
    if (redis) ends.push(redis.stop)
    const { call, start, kill, stop } = await house(modes, redis)
    const api = (method: string, path: string, body?: object, token?: string) =>
      call(method, `/api/v1${path}`, body, token)

    await api('POST', '/auth/register', { email: EMAIL, password: PASSWORD, name: 'Grace' })
    const token = await until(async () => {
      const mails: { template: string; text: string }[] = (await call('GET', '/dev/mail.json')).json
      return /[?&]token=([\w.~-]+)/.exec(mails.find(({ template }) => template === 'verify-email')?.text ?? '')?.[1]
    })
    await api('POST', '/auth/verify-email', { token })
    const { accessToken: session } = (await api('POST', '/auth/login', { email: EMAIL, password: PASSWORD })).json
    const receiver = listening()
    const { secret } = (await api('POST', '/webhooks', { url: receiver.url, events: ['*'] }, session)).json

    // What is answered with success has happened, and is told: whatever becomes of the processes right after it.
    const expected: string[] = []
    const step = async (type: string, method: string, path: string, body?: object) => {
      const { status, json } = await api(method, path, body, session)
      expect({ path, ok: status >= 200 && status < 300 }).toEqual({ path, ok: true })
      expected.push(type)
      return json
    }
    for (let round = 0; round < KILLS; round++) {
      await step('user.updated', 'PATCH', '/users/me', { name: `Grace ${round}` })
      const key = await step('api_key.created', 'POST', '/api-keys', { name: `key ${round}`, scopes: [] })
      await step('api_key.revoked', 'DELETE', `/api-keys/${key.id}`)
      for (let n = 0; n < 5; n++) await step('user.updated', 'PATCH', '/users/me', { name: `Grace ${round}.${n}` })
      await kill()
      await start()
    }
    await step('session.revoked', 'POST', '/auth/logout')

    const told = () => {
      const verified = receiver.received.map(({ raw, headers }) => {
        const { type } = new Webhook(secret).verify(raw, headers) as { type: string }
        return [headers['webhook-id'], type] as const
      })
      return [...new Map(verified).values()].sort()
    }
    await until(() => told().length >= expected.length, 50)
    expect(await stop()).toEqual(modes.map(() => 0))
    expect(told()).toEqual(expected.sort())
  }, 120_000)
})
