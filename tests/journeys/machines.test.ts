import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Started, startServer } from '../support/server'
import { hasRedis, type RedisServer, startRedis } from '../support/services'
import { tempFolder } from '../support/temp'
import { until } from '../support/until'

const EMAIL = 'grace@example.com'
const PASSWORD = 'plum-anchor-violet-42'
const NEXT = 'magnet-olive-turbine-9'

/** Two doors of one house: what is done at one holds at the other. */
interface Doors {
  here: string
  there: string
}

/** The same code on one process, and on several with and without Redis. */
const deployments = [
  { name: 'one process', servers: 1, redis: false },
  { name: 'two servers and a worker', servers: 2, redis: false },
  ...(hasRedis ? [{ name: 'two servers and a worker over Redis', servers: 2, redis: true }] : []),
]

const call = async (url: string, method: string, body?: object, accessToken?: string) => {
  const headers: Record<string, string> = {}
  if (body) headers['content-type'] = 'application/json'
  if (accessToken) headers.authorization = `Bearer ${accessToken}`
  const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : {} }
}

/** The token in the newest mail of this template; the mail is a job, and comes when it comes. */
const mailed = (door: string, template: string) =>
  until(async () => {
    const mails: { to: string; template: string; text: string }[] = await (await fetch(`${door}/dev/mail.json`)).json()
    const mail = mails.find((each) => each.template === template && each.to.includes(EMAIL))
    return /[?&]token=([\w.~-]+)/.exec(mail?.text ?? '')?.[1]
  })

describe.each(deployments)('an account on $name', ({ servers, redis: wanted }) => {
  const folder = tempFolder()
  const started: Started[] = []
  let redis: RedisServer | undefined
  let doors: Doors

  beforeAll(async () => {
    redis = wanted ? await startRedis() : undefined
    const env = { DATA_DIR: folder.path, LOG_LEVEL: 'error', RATE_LIMIT: 'off', ...(redis && { REDIS_URL: redis.url }) }
    // One after the other: the first one sets up the database.
    const first = await startServer({ ...env, MODE: servers === 1 ? 'all' : 'server' })
    started.push(first)
    if (servers > 1)
      started.push(await startServer({ ...env, MODE: 'server' }), await startServer({ ...env, MODE: 'worker' }))
    doors = { here: first.url, there: started[servers - 1]?.url ?? '' }
  }, 30_000)

  afterAll(async () => {
    const codes = await Promise.all(started.map((server) => server.kill('SIGTERM')))
    await redis?.stop()
    folder.remove()
    expect(codes.every((code) => code === 0)).toBe(true)
  }, 30_000)

  const auth = (door: string, path: string, body?: object, token?: string) =>
    call(`${door}/api/v1/auth${path}`, 'POST', body, token)
  const me = (door: string, token: string) => call(`${door}/api/v1/users/me`, 'GET', undefined, token)
  const signIn = async (door: string, password: string): Promise<string> => {
    const { json } = await auth(door, '/login', { email: EMAIL, password })
    return json.accessToken
  }

  test('is made, proved, signed in to, recovered and left, through whichever door', async () => {
    const { here, there } = doors
    expect((await auth(here, '/register', { email: EMAIL, password: PASSWORD, name: 'Grace' })).status).toBe(202)
    const token = await mailed(there, 'verify-email')
    expect((await auth(there, '/verify-email', { token })).json.emailVerified).toBe(true)

    const [one, two] = [await signIn(here, PASSWORD), await signIn(there, PASSWORD)]
    expect([await me(there, one), await me(here, two)]).toMatchObject([{ status: 200 }, { status: 200 }])

    // bar 195: a session that ends at one door ends at the other one, within a second.
    expect((await auth(here, '/logout', undefined, two)).status).toBe(204)
    const since = performance.now()
    await until(async () => (await me(there, two)).status === 401)
    expect(performance.now() - since).toBeLessThan(wanted || servers === 1 ? 900 : 1900)
    expect((await me(there, one)).status).toBe(200)

    expect((await auth(there, '/forgot-password', { email: EMAIL })).status).toBe(202)
    const reset = await mailed(here, 'reset-password')
    expect((await auth(here, '/reset-password', { token: reset, password: NEXT })).status).toBe(204)
    await until(async () => (await me(there, one)).status === 401)
    expect((await auth(there, '/login', { email: EMAIL, password: PASSWORD })).status).toBe(401)
    expect((await me(there, await signIn(here, NEXT))).status).toBe(200)
  }, 30_000)

  test.skipIf(servers === 1)('a worker tells how it is, and answers nothing else', async () => {
    const worker = started.at(-1)?.url
    expect((await call(`${worker}/health/ready`, 'GET')).status).toBe(200)
    expect(await (await fetch(`${worker}/metrics`)).text()).toContain('keel_jobs')
    expect((await me(`${worker}`, 'none')).status).toBe(404)
  })
})
