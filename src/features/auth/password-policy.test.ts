import { describe, expect, test } from 'bun:test'
import { RECOMMENDED } from '#adapters/passwords/argon2'
import { minutes, seconds, systemContext } from '#core'
import { firstAdminLink } from '#features/auth'
import { rows, sharedApp, type TestApp, testApp } from '#tests'
import { ConfigError, loadConfig } from '../../config'

/** Printable, and nothing that anybody could guess. */
const word = (length: number) =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
    .toString('base64url')
    .slice(0, length)

const house = sharedApp({ env: { RATE_LIMIT: 'off' } })

const register = ({ anon }: TestApp, password: string, email = `p${crypto.randomUUID()}@example.com`) =>
  anon.post('/auth/register', { email, password, name: 'Ada Lovelace' }).then((reply) => ({ ...reply, email }))

const login = ({ anon }: TestApp, email: string, password: string) => anon.post('/auth/login', { email, password })

describe('the length of a password', () => {
  // bar 21
  test.each([1, 7, 8, 11])('%d characters are too few', async (length) => {
    const reply = await register(await house(), word(length))
    expect(reply).toRefuse(422, 'weak_password')
    expect(reply.json().errors).toEqual([{ path: '/password', message: 'has to be at least 12 characters long' }])
  })

  // bar 21
  test.each([12, 14, 15, 64, 128, 1024])('%d characters are fine', async (length) => {
    const password = word(length)
    const { status, email } = await register(await house(), password)
    expect(status).toBe(202)
    expect((await login(await house(), email, password)).status).toBe(200)
  })

  // bar 21
  test('more than 1024 characters or bytes are refused', async () => {
    expect(await register(await house(), word(1025))).toRefuse(422, 'validation_failed')
    expect((await register(await house(), '🔑'.repeat(300))).json().code).toBe('weak_password')
  })

  // bar 21
  test('the minimum can be set, but not below 8', async () => {
    const house = await testApp({ env: { PASSWORD_MIN_LENGTH: '8' } })
    expect((await register(house, word(8))).status).toBe(202)
    expect(await register(house, word(7))).toRefuse(422, 'weak_password')
    expect(() => loadConfig({ NODE_ENV: 'test', PASSWORD_MIN_LENGTH: '7' })).toThrow(ConfigError)
  })

  test('characters are counted, not bytes or halves of them', async () => {
    expect(await register(await house(), '🔑🗝🚪🧷🪝🧲')).toRefuse(422, 'weak_password')
  })
})

describe('a password is what was typed', () => {
  // bar 22
  test('its first 72 bytes are not enough', async () => {
    const house = await testApp()
    const password = word(100)
    const { email } = await register(house, password)
    expect(await login(house, email, password.slice(0, 72))).toRefuse(401, 'invalid_credentials')
    expect(await login(house, email, password.slice(0, 99))).toRefuse(401, 'invalid_credentials')
    expect((await login(house, email, password)).status).toBe(200)
  })

  // bar 23
  test.each([
    ['twenty lower-case letters', 'qmvzktwhxbnjpdrlfgsc', 'Qmvzktwhxbnjpdrlfgsc'],
    ['emoji', '🦊 crosses 🌊 at 🌙 twelve', '🦊 crosses 🌊 at 🌞 twelve'],
    ['spaces around', '  plum anchor violet  ', 'plum anchor violet'],
    ['spaces inside', 'plum  anchor violet 42', 'plum anchor violet 42'],
    ['a zero byte', 'plum-anchor\u0000violet', 'plum-anchor\u0000'],
    ['a letter in two spellings', 'plum-anchor-caf\u00e9-42', 'plum-anchor-cafe\u0301-42'],
  ])('%s', async (_, password, almost) => {
    const { status, email } = await register(await house(), password)
    expect(status).toBe(202)
    expect(await login(await house(), email, almost)).toRefuse(401, 'invalid_credentials')
    expect((await login(await house(), email, password)).status).toBe(200)
  })
})

describe('a password that is easily guessed', () => {
  const GUESSED = [
    'password1234',
    'qwertyuiop123',
    '1q2w3e4r5t6y',
    'letmeinletmein',
    '111111111111',
    'Keel-2026-2026',
    'abcdefghijkl',
  ]

  // bar 24
  test.each([...GUESSED, 'ada.lovelace@example.com', 'Ada.Lovelace42', 'Ada Lovelace 1815'])(
    'is refused: %s',
    async (password) => {
      const reply = await register(await house(), password, 'ada.lovelace@example.com')
      expect(reply.status).toBe(422)
      expect(reply.json()).toMatchObject({ code: 'weak_password', errors: [{ path: '/password' }] })
    },
  )

  // bar 24
  test('is refused on every way to a new one', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { as, anon, mail, app, clock } = house
    await as.ada.user()
    await anon.post('/auth/forgot-password', { email: as.ada.email }).json()
    const token = await mail.token(as.ada.email, 'reset-password')
    const link = await firstAdminLink(systemContext(app, 'test'))
    const setup = { token: new URL(link ?? '').searchParams.get('token'), email: 'root@example.com', name: 'Root' }
    const currentPassword = as.ada.password
    for (const password of [...GUESSED, 'tooshort']) {
      expect(await anon.post('/auth/reset-password', { token, password })).toRefuse(422, 'weak_password')
      const changed = await as.ada.post('/auth/change-password', { currentPassword, newPassword: password })
      expect(changed).toRefuse(422, 'weak_password')
      expect(changed.json().errors[0].path).toBe('/newPassword')
      expect(await anon.post('/admin/setup', { ...setup, password })).toRefuse(422, 'weak_password')
      clock.advance(seconds(1))
    }
    expect(clock.now().getTime()).toBeLessThan(Date.now() + minutes(1))
  })

  // bar 127
  test('is judged quickly, even if it was made to take long', async () => {
    await register(await house(), word(20))
    for (const hostile of ['1'.repeat(1024), '4@8({[<369&#!1/|0$5+7%2'.repeat(40), '288022880220802208'.repeat(50)]) {
      const before = process.cpuUsage()
      await register(await house(), hostile)
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(200)
    }
  })
})

describe('a password at rest', () => {
  // bar 25
  test('is Argon2id with 19 MiB and two passes or more, salted each time', async () => {
    const house = await testApp({ hashing: RECOMMENDED })
    const password = word(20)
    await register(house, password)
    await register(house, password)
    const hashes = rows(house.config, 'SELECT hash FROM passwords').map(({ hash }) => String(hash))
    for (const hash of hashes) {
      const [, m, t, p] = hash.match(/^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/) ?? []
      expect(Number(m)).toBeGreaterThanOrEqual(19_456)
      expect(Number(t)).toBeGreaterThanOrEqual(2)
      expect(Number(p)).toBe(1)
    }
    expect(new Set(hashes).size).toBe(2)
  })

  // bar 26
  test('is hashed anew at the next sign-in once hashing costs more', async () => {
    const weaker = await testApp({ hashing: { memoryCost: 8, timeCost: 1 } })
    const password = word(20)
    const { email } = await register(weaker, password)
    const { app } = weaker
    const [{ hash: before }] = rows(weaker.config, 'SELECT hash FROM passwords')
    expect(before).toContain('m=8,t=1')
    const stronger = await testApp({ env: { DATA_DIR: app.config.dataDir }, hashing: { memoryCost: 16, timeCost: 1 } })
    expect((await login(stronger, email, password)).status).toBe(200)
    const [{ hash: after }] = rows(weaker.config, 'SELECT hash FROM passwords')
    expect(after).toContain('m=16,t=1')
    expect((await login(stronger, email, password)).status).toBe(200)
    expect(rows(weaker.config, 'SELECT hash FROM passwords')).toEqual([{ hash: after }])
  })
})
