import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { days, minutes } from '#core'
import { moveableClock, rows, testApp } from '#tests'
import { run, SECRET, type Started, startServer } from '../support/server'
import { tempFolder } from '../support/temp'

const PASSWORD = 'xkvq7-mzrp9-wt'
const REFRESHES = 200
const SIGN_UPS = 200

let folder: ReturnType<typeof tempFolder>
let server: Started | undefined
beforeEach(() => {
  folder = tempFolder()
})
afterEach(async () => {
  await server?.kill('SIGKILL')
  server = undefined
  folder.remove()
})

const start = async (env: Record<string, string> = {}) => {
  server = await startServer({ DATA_DIR: folder.path, RATE_LIMIT: 'off', ...env })
  return server
}

const post = async (url: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

/** The reply's JSON, or nothing if the connection broke before it had arrived. */
const answered = async (asked: Promise<Response>) => {
  try {
    const reply = await asked
    // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects in its assertions
    return { status: reply.status, json: (await reply.json()) as any }
  } catch {
    return undefined
  }
}

/** The same data in this process, in a while: what a dead process held is taken over by then. */
const afterwards = (env: Record<string, string> = {}) => {
  const clock = moveableClock()
  clock.advance(minutes(5))
  return testApp({ env: { DATA_DIR: folder.path, SECRET_KEY: SECRET, ...env }, clock })
}

const verified = async (url: string, email: string) => {
  await post(url, '/auth/register', { email, password: PASSWORD, name: 'Ada' })
  const login = await answered(post(url, '/auth/login', { email, password: PASSWORD }))
  expect(login?.status).toBe(200)
  return login?.json
}

describe('a server that is killed', () => {
  // bar 77
  test(`during ${REFRESHES} refreshes signs nobody out and forks no session`, async () => {
    let { url, kill } = await start()
    let { refreshToken } = await verified(url, 'ada@example.com')
    let kills = 0
    let doneSince = 0
    let next = 20
    for (let done = 0; done < REFRESHES; ) {
      const asked = answered(post(url, '/auth/refresh-token', { refreshToken }))
      if (doneSince >= next) {
        kills += 1
        doneSince = 0
        next = 30 + Math.floor(Math.random() * 20)
        // Somewhere between the request and its reply, or a little after.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
        await kill('SIGKILL')
        const last = await asked
        if (last) refreshToken = last.json.refreshToken
        ;({ url, kill } = await start())
        continue
      }
      const reply = await asked
      expect(reply).toMatchObject({ status: 200 })
      refreshToken = reply?.json.refreshToken
      done += 1
      doneSince += 1
    }
    expect(kills).toBeGreaterThanOrEqual(3)
    await kill('SIGKILL')
    expect(rows({ dataDir: folder.path }, 'SELECT id FROM sessions WHERE revoked_at IS NULL')).toHaveLength(1)
    expect(rows({ dataDir: folder.path }, 'SELECT digest FROM refresh_tokens WHERE used_at IS NULL')).toHaveLength(1)
    expect(rows({ dataDir: folder.path }, "SELECT id FROM events WHERE type = 'session.refresh_reused'")).toEqual([])
  }, 240_000)

  // bar 238, bar 182
  test(`during ${SIGN_UPS} sign-ups loses no acknowledged account and no mail, and tears none`, async () => {
    const acknowledged: string[] = []
    let asked = 0
    for (let kills = 0; asked < SIGN_UPS; kills++) {
      const { url, kill } = await start()
      const until = kills < 4 ? 20 + Math.floor(Math.random() * 20) : SIGN_UPS
      let here = 0
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          while (asked < SIGN_UPS && here < until) {
            const email = `p${asked++}@example.com`
            here += 1
            const last = here === until
            const reply = answered(post(url, '/auth/register', { email, password: PASSWORD, name: 'Ada' }))
            if (last) {
              await new Promise((resolve) => setTimeout(resolve, Math.random() * 40))
              await kill('SIGKILL')
            }
            if ((await reply)?.status === 202) acknowledged.push(email)
          }
        }),
      )
      await kill('SIGKILL')
    }
    expect(acknowledged.length).toBeGreaterThan(SIGN_UPS / 2)
    const house = await afterwards()
    // Jobs of workers that died are tried again a little apart from each other.
    await house.runJobs()
    house.clock.advance(minutes(1))
    await house.runJobs()
    const accounts = rows(house.config, 'SELECT email FROM users').map(({ email }) => String(email))
    expect(acknowledged.filter((email) => !accounts.includes(email))).toEqual([])
    const mailed = (await house.mail.all()).filter(({ template }) => template === 'verify-email').map(({ to }) => to)
    // A mail may come twice when the process died between handing it over and noting so; none is missing.
    expect(accounts.filter((email) => !mailed.includes(email))).toEqual([])
    expect(mailed.filter((email) => !accounts.includes(email))).toEqual([])
    for (const part of ['passwords', "one_time_tokens WHERE purpose = 'verify_email'"]) {
      expect(rows(house.config, `SELECT 1 FROM ${part}`)).toHaveLength(accounts.length)
    }
    expect(rows(house.config, "SELECT 1 FROM events WHERE type = 'user.registered'")).toHaveLength(accounts.length)
    expect(await house.app.journal.verify()).toMatchObject({ ok: true })
    const [email = ''] = acknowledged
    const token = await house.mail.token(email, 'verify-email')
    expect((await house.anon.post('/auth/verify-email', { token })).status).toBe(200)
  }, 240_000)
})

describe('the secret', () => {
  // bar 68
  test('is rotated by restarts: what the old one signed lives on while it is kept, refresh tokens always', async () => {
    const fresh = 'for tests only: fedcba9876543210fedcba9876543210'
    const old = await start()
    const first = await verified(old.url, 'ada@example.com')
    const me = (url: string, { accessToken }: { accessToken: string }) =>
      fetch(`${url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${accessToken}` } }).then(
        ({ status }) => status,
      )
    expect(await old.kill('SIGTERM')).toBe(0)
    const both = await start({ SECRET_KEY: `${fresh},${SECRET}` })
    expect(await me(both.url, first)).toBe(200)
    const second = await answered(post(both.url, '/auth/refresh-token', { refreshToken: first.refreshToken }))
    await both.kill('SIGTERM')
    const alone = await start({ SECRET_KEY: fresh })
    expect(await me(alone.url, first)).toBe(401)
    expect(await me(alone.url, second?.json)).toBe(200)
    const third = await answered(post(alone.url, '/auth/refresh-token', { refreshToken: second?.json.refreshToken }))
    expect(third?.status).toBe(200)
  }, 60_000)

  // bar 67, bar 230
  test.each([
    ['missing', { SECRET_KEY: '' }, 'is missing'],
    ['too short', { SECRET_KEY: 'canary-4711' }, 'at least 32 bytes'],
    ['a placeholder', { SECRET_KEY: 'change-me-canary-4711-0123456789abcdef' }, 'placeholder'],
    ['one letter', { SECRET_KEY: 'c'.repeat(64) }, 'placeholder'],
    ['good and short', { SECRET_KEY: `${SECRET},canary-4711` }, 'at least 32 bytes'],
  ])(
    'that is %s starts nothing in production, and the message shows no value',
    async (_, env, says) => {
      const begun = performance.now()
      const child = run({ NODE_ENV: 'production', DATA_DIR: folder.path, APP_URL: 'https://api.example.com', ...env })
      const said = await new Response(child.stderr).text()
      expect(await child.exited).toBe(1)
      expect(performance.now() - begun).toBeLessThan(10_000)
      expect(said).toContain('SECRET_KEY')
      expect(said).toContain(says)
      expect(said).not.toContain('canary')
      expect(said).not.toContain('cccc')
    },
    30_000,
  )

  // bar 230
  test('is told together with whatever else is wrong', async () => {
    const wrong = {
      PORT: 'canary-a',
      SMTP_URL: 'http://canary-b',
      PASSWORD_MIN_LENGTH: '4',
      RATE_LIMIT: 'canary-c',
      TRUSTED_PROXIES: '10.0.0.0/99',
      BACKUP_CRON: '99 99 * * *',
      APP_URL: 'https://canary-d.example/?x=1',
      SECRET_KEY: 'x',
    }
    const child = run({ NODE_ENV: 'production', DATA_DIR: folder.path, ...wrong })
    const said = await new Response(child.stderr).text()
    expect(await child.exited).toBe(1)
    for (const name of Object.keys(wrong)) expect(said).toContain(name)
    expect(said).not.toContain('canary')
  }, 30_000)
})

// bar 232
test('a clock that is a day ahead for one run signs nobody out and locks nobody out', async () => {
  const before = await start()
  const { refreshToken } = await verified(before.url, 'ada@example.com')
  await before.kill('SIGTERM')
  const clock = moveableClock()
  clock.advance(days(1))
  const ahead = await testApp({ env: { DATA_DIR: folder.path, SECRET_KEY: SECRET }, clock })
  const next = await ahead.anon.post('/auth/refresh-token', { refreshToken }).json()
  for (let i = 0; i < 10; i++) await ahead.anon.post('/auth/login', { email: 'ada@example.com', password: 'wrong' })
  await ahead.close()
  const back = await start()
  const again = await answered(post(back.url, '/auth/refresh-token', { refreshToken: next.refreshToken }))
  expect(again?.status).toBe(200)
  const login = await answered(post(back.url, '/auth/login', { email: 'ada@example.com', password: PASSWORD }))
  expect(login?.status).toBe(200)
}, 60_000)
