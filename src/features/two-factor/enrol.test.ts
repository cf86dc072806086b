import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { minutes, seconds } from '#core'
import { tempFolder, testApp } from '#tests'
import { codeAt, enrol, wrongCode } from './cast.test.kit'
import { enrolmentOf, newSecret, stepOf } from './totp'

const installed = (program: string) => Bun.which(program) !== null

describe('codes', () => {
  // bar 87
  test('are those of RFC 6238, appendix B', () => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    // Seconds since 1970, and the last six of the eight digits there.
    const vectors: [number, string][] = [
      [59, '287082'],
      [1111111109, '081804'],
      [1111111111, '050471'],
      [1234567890, '005924'],
      [2000000000, '279037'],
      [20000000000, '353130'],
    ]
    for (const [at, code] of vectors) expect(stepOf(secret, code, new Date(at * 1000), 0)).toBe(Math.floor(at / 30))
  })

  // bar 87
  test.skipIf(!installed('oathtool'))('are those of oathtool', async () => {
    const at = new Date('2026-11-22T10:00:00Z')
    for (const secret of [newSecret(), newSecret(), newSecret()]) {
      const time = at.toISOString().slice(0, 19).replace('T', ' ')
      const code = await Bun.$`oathtool --totp --base32 --now ${`${time} UTC`} ${secret}`.text()
      expect(stepOf(secret, code.trim(), at, 0)).toBe(at.getTime() / 30_000)
    }
  })

  test('come from secrets of 160 bits, no two alike', () => {
    const secrets = Array.from({ length: 1000 }, newSecret)
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(new Set(secrets).size).toBe(1000)
  })
})

describe('what the authenticator app reads', () => {
  // bar 87
  test('escapes names that have a meaning in an address', () => {
    const { otpauthUrl } = enrolmentOf('GEZDGNBVGY3TQOJQ', 'Key: Söhne & Co?', 'a+b&issuer=evil@example.com')
    const url = new URL(otpauthUrl)
    expect(url.protocol + url.host).toBe('otpauth:totp')
    expect(decodeURIComponent(url.pathname)).toBe('/Key: Söhne & Co?:a+b&issuer=evil@example.com')
    expect(url.pathname.slice(1)).not.toMatch(/[+&?]/)
    expect([...url.searchParams]).toEqual([
      ['issuer', 'Key: Söhne & Co?'],
      ['secret', 'GEZDGNBVGY3TQOJQ'],
      ['algorithm', 'SHA1'],
      ['digits', '6'],
      ['period', '30'],
    ])
  })

  // bar 87
  test.skipIf(!installed('zbarimg'))('is what the QR code says', async () => {
    const { otpauthUrl, qrCode } = enrolmentOf(newSecret(), 'Keel', 'ada@example.com')
    const folder = tempFolder()
    const file = `${folder.path}/code.pgm`
    await Bun.write(file, drawn(atob(qrCode.replace('data:image/svg+xml;base64,', ''))))
    expect((await Bun.$`zbarimg --quiet --raw ${file}`.text()).trim()).toBe(otpauthUrl)
    folder.remove()
    expect(existsSync(file)).toBe(false)
  })
})

/** The black squares of the SVG as a portable graymap. */
const drawn = (svg: string): Uint8Array => {
  const SCALE = 4
  const size = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]) * SCALE
  const pixels = new Uint8Array(size * size).fill(255)
  for (const [, x, y] of svg.matchAll(/M(\d+),(\d+)h1v1h-1z/g))
    for (let row = 0; row < SCALE; row++) {
      const start = (Number(y) * SCALE + row) * size + Number(x) * SCALE
      pixels.fill(0, start, start + SCALE)
    }
  return Buffer.concat([Buffer.from(`P5 ${size} ${size} 255\n`), pixels])
}

describe('setting up a second factor', () => {
  test('answers the secret three ways, then backup codes, and shows in the profile', async () => {
    const { as, clock, config, mail } = await testApp()
    const begun = await as.ada.post('/auth/2fa/enable', { password: as.ada.password })
    expect(begun.status).toBe(200)
    expect(begun.headers.get('cache-control')).toContain('no-store')
    const { secret, otpauthUrl, qrCode } = begun.json()
    expect(new URL(otpauthUrl).searchParams.get('secret')).toBe(secret)
    expect(new URL(otpauthUrl).searchParams.get('issuer')).toBe(config.appName)
    expect(qrCode).toStartWith('data:image/svg+xml;base64,')
    expect((await as.ada.get('/users/me').json()).twoFactorEnabled).toBe(false)

    const { backupCodes } = await as.ada.post('/auth/2fa/verify', { code: codeAt(secret, clock.now()) }).json()
    expect(backupCodes).toHaveLength(10)
    expect((await as.ada.get('/users/me').json()).twoFactorEnabled).toBe(true)
    expect(await mail.latest(as.ada.email, 'two-factor-enabled')).toBeDefined()
  })

  test('takes the code as apps show it, with a blank in the middle', async () => {
    const { as, clock } = await testApp()
    const { secret } = await as.ada.post('/auth/2fa/enable', { password: as.ada.password }).json()
    const code = codeAt(secret, clock.now())
    expect((await as.ada.post('/auth/2fa/verify', { code: `${code.slice(0, 3)} ${code.slice(3)}` })).status).toBe(200)
  })

  // bar 85
  test('that is never confirmed is in nobody’s way, and can begin again', async () => {
    const { as, anon, clock } = await testApp()
    const { ada } = as
    const first = await ada.post('/auth/2fa/enable', { password: ada.password }).json()
    expect((await anon.post('/auth/login', { email: ada.email, password: ada.password })).status).toBe(200)
    expect((await ada.post('/auth/step-up', { password: ada.password })).status).toBe(204)
    const second = await ada.post('/auth/2fa/enable', { password: ada.password }).json()
    expect(second.secret).not.toBe(first.secret)
    const stale = await ada.post('/auth/2fa/verify', { code: codeAt(first.secret, clock.now()) })
    expect(stale).toRefuse(401, 'invalid_code')
    expect((await ada.post('/auth/2fa/verify', { code: codeAt(second.secret, clock.now()) })).status).toBe(200)
  })

  test('has to be confirmed within 15 minutes, and is forgotten after', async () => {
    const { as, app, clock, runJobs } = await testApp()
    const { ada } = as
    const { secret } = await ada.post('/auth/2fa/enable', { password: ada.password }).json()
    clock.advance(minutes(15) + seconds(1))
    await ada.signIn()
    const late = await ada.post('/auth/2fa/verify', { code: codeAt(secret, clock.now()) })
    expect(late).toRefuse(409, 'two_factor_not_begun')
    clock.set(new Date('2030-01-01T03:37:00Z'))
    await runJobs()
    expect(await app.db.get<{ n: number }>('select count(*) as n from two_factors')).toEqual({ n: 0 })
  })

  // bar 86
  test('takes the password, and a session', async () => {
    const { as, anon } = await testApp()
    const wrong = await as.ada.post('/auth/2fa/enable', { password: 'not the password of ada' })
    expect(wrong).toRefuse(401, 'invalid_credentials')
    expect(await as.ada.post('/auth/2fa/enable', {})).toRefuse(422, 'validation_failed')
    for (const path of ['enable', 'verify', 'disable', 'backup-codes'])
      expect(await anon.post(`/auth/2fa/${path}`, {})).toRefuse(401, 'unauthenticated')
  })

  test('is refused without a begin, with a wrong code, and when it is on already', async () => {
    const house = await testApp()
    const { ada } = house.as
    expect(await ada.post('/auth/2fa/verify', { code: '123456' })).toRefuse(409, 'two_factor_not_begun')
    const { secret } = await ada.post('/auth/2fa/enable', { password: ada.password }).json()
    const wrong = await ada.post('/auth/2fa/verify', { code: wrongCode(secret, house.clock.now()) })
    expect(wrong).toRefuse(401, 'invalid_code')
    expect(await ada.post('/auth/2fa/verify', { code: 'x'.repeat(40) })).toRefuse(422, 'validation_failed')
    await enrol(house, ada)
    const again = await ada.post('/auth/2fa/enable', { password: ada.password })
    expect(again).toRefuse(409, 'two_factor_already_enabled')
    expect(await ada.post('/auth/2fa/verify', { code: '123456' })).toRefuse(409, 'two_factor_already_enabled')
  })

  // bar 99
  test('ends the other sessions and keeps this one', async () => {
    const house = await testApp()
    const { ada } = house.as
    await ada.user()
    const other = await house.anon.post('/auth/login', { email: ada.email, password: ada.password }).json()
    await enrol(house, ada)
    expect(await house.withToken(other.accessToken).get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect((await ada.get('/users/me')).status).toBe(200)
  })

  test('thirty times at once with one code turns it on once', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { ada } = house.as
    const { secret } = await ada.post('/auth/2fa/enable', { password: ada.password }).json()
    const body = { code: codeAt(secret, house.clock.now()) }
    const replies = await house.race(30, () => ({ as: ada, path: '/auth/2fa/verify', body }))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const reply of replies.filter(({ status }) => status !== 200))
      expect(reply).toRefuse(409, 'two_factor_already_enabled')
  })
})
