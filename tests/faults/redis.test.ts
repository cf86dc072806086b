import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Started, startServer } from '../support/server'
import { hasRedis, type RedisServer, startRedis } from '../support/services'
import { tempFolder } from '../support/temp'
import { until } from '../support/until'

/** Requests a minute from one address. */
const LIMIT = 20
/** Milliseconds: what the house promises about a request while Redis is away, and about its return. */
const PATIENCE = 1000
const RECOVERY = 5000

const PASSWORD = 'plum-anchor-violet-42'

interface Hit {
  status: number
  /** What is left of the address's budget. */
  left: number
  took: number
}

describe.skipIf(!hasRedis)('two servers and a worker, and Redis', () => {
  const folder = tempFolder()
  let redis: RedisServer
  let one: Started
  let other: Started
  let worker: Started

  beforeAll(async () => {
    redis = await startRedis()
    // Absent at the start: it comes later, see the first test.
    await redis.kill()
    const env = {
      DATA_DIR: folder.path,
      REDIS_URL: redis.url,
      LOG_LEVEL: 'error',
      RATE_LIMIT_GENERAL: `${LIMIT}/60`,
      TRUSTED_PROXIES: '127.0.0.1/32',
    }
    one = await startServer({ ...env, MODE: 'server' })
    other = await startServer({ ...env, MODE: 'server' })
    worker = await startServer({ ...env, MODE: 'worker' })
  }, 30_000)

  afterAll(async () => {
    await Promise.all([one, other, worker].map((server) => server?.kill('SIGKILL')))
    await redis?.stop()
    folder.remove()
  }, 30_000)

  let addresses = 0
  const nextAddress = () => `2001:db8:${(++addresses).toString(16)}::1`
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

  const hit = async (server: Started, address: string): Promise<Hit> => {
    const began = performance.now()
    const response = await fetch(`${server.url}/api/v1/users/me`, from(address))
    await response.arrayBuffer()
    const left = Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1])
    return { status: response.status, left, took: performance.now() - began }
  }
  /** One after the other, turn and turn about. */
  const hits = async (n: number, address: string, servers = [one, other]) => {
    const all: Hit[] = []
    for (let i = 0; i < n; i++) all.push(await hit(servers[i % servers.length] ?? one, address))
    return all
  }
  const ready = async (server: Started): Promise<string> =>
    (await (await fetch(`${server.url}/health/ready`)).json()).status
  const post = (path: string, body: object) =>
    fetch(`${one.url}/api/v1/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': nextAddress() },
      body: JSON.stringify(body),
    })
  const register = async (name: string) => {
    const email = `${name}@example.com`
    expect((await post('/register', { email, password: PASSWORD, name })).status).toBe(202)
    return email
  }
  const signIn = async (email: string): Promise<string> =>
    (await (await post('/login', { email, password: PASSWORD })).json()).accessToken
  const mailTo = (email: string) =>
    until(async () => {
      const mails: { to: string }[] = await (await fetch(`${one.url}/dev/mail.json`, from(nextAddress()))).json()
      return mails.some(({ to }) => to.includes(email))
    })
  /** What they say of themselves may be a second old. */
  const allAre = (status: string) =>
    until(async () => (await Promise.all([one, other, worker].map(ready))).every((each) => each === status), 50)
  /** All three are well, and the servers count together. */
  const recovered = async () => {
    const since = performance.now()
    await allAre('pass')
    await until(async () => {
      const [first, second] = await hits(2, nextAddress())
      return first?.left === LIMIT - 1 && second?.left === LIMIT - 2
    })
    return performance.now() - since
  }

  /**
   * What holds while it is away, however it went. Each server counts on from what it heard of the bucket, so that both
   * together let no more than `most` through. `name` makes an account whose mail has to arrive meanwhile.
   */
  const holds = async (address: string, most: number, name: string) => {
    const during = await hits(3 * LIMIT, address)
    expect(Math.max(...during.map(({ took }) => took))).toBeLessThan(PATIENCE)
    expect(during.filter(({ status }) => status === 401).length).toBeWithin(1, most + 1)
    expect(during.slice(-LIMIT).every(({ status }) => status === 429)).toBe(true)
    await allAre('warn')
    const lives: number[] = []
    for (let i = 0; i < 5; i++) {
      const began = performance.now()
      expect((await fetch(`${one.url}/health/live`)).status).toBe(200)
      lives.push(performance.now() - began)
    }
    expect(Math.min(...lives)).toBeLessThan(50)
    await mailTo(await register(name))
  }

  // bar 208, bar 231
  test('absent at the start: all of them start without, work, and use it when it is there', async () => {
    expect(one.banner()).toContain('embedded, until Redis answers')
    const first = await hits(LIMIT, nextAddress(), [one])
    expect(first.at(-1)).toMatchObject({ status: 401, left: 0 })
    await holds(nextAddress(), 2 * LIMIT, 'absent')
    await redis.restart()
    expect(await recovered()).toBeLessThan(RECOVERY)
  }, 30_000)

  // bar 140, bar 141, bar 208, bar 225
  test('killed: nobody waits, limits hold, jobs are done; and it comes back', async () => {
    const address = nextAddress()
    expect((await hits(10, address)).map(({ left }) => left)).toEqual(
      Array.from({ length: 10 }, (_, i) => LIMIT - 1 - i),
    )
    await redis.kill()
    await holds(address, 2 * LIMIT - 19, 'killed')
    await redis.restart()
    expect(await recovered()).toBeLessThan(RECOVERY)
  }, 30_000)

  // bar 141, bar 224
  test('frozen: the same, though its connections stand', async () => {
    const address = nextAddress()
    await hits(10, address)
    redis.freeze()
    await holds(address, 2 * LIMIT - 19, 'frozen')
    redis.thaw()
    expect(await recovered()).toBeLessThan(RECOVERY)
  }, 30_000)

  // bar 197
  test('flushed: sessions go on, budgets are not given back by those who remember, jobs are done', async () => {
    const address = nextAddress()
    await hits(LIMIT + 2, address)
    const accessToken = await signIn('killed@example.com')
    await redis.send(['FLUSHALL'])
    for (const server of [one, other]) {
      const headers = { authorization: `Bearer ${accessToken}`, 'x-forwarded-for': nextAddress() }
      expect((await fetch(`${server.url}/api/v1/users/me`, { headers })).status).toBe(200)
    }
    expect((await hits(2, address)).map(({ status }) => status)).toEqual([429, 429])
    await mailTo(await register('flushed'))
    await allAre('pass')
  }, 30_000)

  // bar 227
  test('frozen at the end: a process that is told to stop still stops, with 0', async () => {
    redis.freeze()
    expect(await Promise.all([worker.kill('SIGTERM'), other.kill('SIGTERM')])).toEqual([0, 0])
    redis.thaw()
  }, 30_000)
})
