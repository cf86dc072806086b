import { describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWTHeaderParameters, SignJWT } from 'jose'
import { deriveKey, later, minutes, seconds } from '#core'
import { sharedApp, type TestApp, testApp } from '#tests'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The key that the process signs with, as only a test knows it. */
const ownKey = ({ config }: TestApp, purpose = 'access-token') =>
  Buffer.from(deriveKey(config.secrets[0] ?? '', purpose), 'base64url')

interface Forgery {
  claims?: Record<string, unknown>
  header?: Partial<JWTHeaderParameters>
  key?: Parameters<SignJWT['sign']>[0]
  alg?: string
}

/** A token like a real one of ada's but for what is told. */
const forged = async (house: TestApp, { claims, header, key, alg = 'HS256' }: Forgery) => {
  const real = decodeJwt((await house.as.ada.tokens()).accessToken)
  return new SignJWT({ ...real, ...claims })
    .setProtectedHeader({ typ: 'at+jwt', ...header, alg })
    .sign(key ?? ownKey(house))
}

const me = (house: TestApp, token: string) => house.withToken(token).get('/auth/me')

const refused = async (house: TestApp, token: string) =>
  expect(await me(house, token)).toRefuse(401, 'invalid_access_token')

describe('an access token', () => {
  // bar 65
  test('lives for 15 minutes and holds ids only', async () => {
    const house = await shared()
    const { accessToken } = await house.as.ada.tokens()
    const claims = decodeJwt(accessToken)
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'sid', 'sub'])
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900)
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
    expect(claims.sub).toBe(await house.as.ada.id())
    expect(await me(house, await forged(house, {}))).toMatchObject({ status: 200 })
  })

  // bar 60
  test.each(['none', 'None', 'nOnE', 'NONE', ''])('without a signature is refused: alg %j', async (alg) => {
    const house = await shared()
    const [, payload = '', signature = ''] = (await house.as.ada.tokens()).accessToken.split('.')
    const head = base64({ alg, typ: 'at+jwt' })
    for (const token of [`${head}.${payload}.`, `${head}.${payload}`, `${head}.${payload}.${signature}`])
      await refused(house, token)
  })

  // bar 61
  test('signed with another key or algorithm is refused, whatever its header offers', async () => {
    const house = await shared()
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = { kty: 'oct', k: Buffer.from('attacker').toString('base64url') }
    const own = Buffer.from('0123456789abcdef0123456789abcdef')
    for (const forgery of [
      { key: own },
      { key: own, header: { jwk } },
      { key: own, header: { kid: '../../../../dev/null' } },
      { key: own, header: { jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/cert' } },
      { key: own, header: { kid: "' OR 1=1 --" } },
      { key: Buffer.alloc(32) },
      { key: rsa.privateKey, alg: 'RS256' },
      { key: ec.privateKey, alg: 'ES256', header: { jwk: ec.publicKey.export({ format: 'jwk' }) } },
      { alg: 'HS512', key: Buffer.concat([ownKey(house), ownKey(house)]) },
    ] satisfies Forgery[]) {
      await refused(house, await forged(house, forgery))
    }
  })

  // bar 62
  test('that was tampered with is refused, quickly', async () => {
    const house = await shared()
    const { accessToken } = await house.as.ada.tokens()
    const [head = '', payload = '', signature = ''] = accessToken.split('.')
    const other = base64({ ...decodeJwt(accessToken), sub: await house.as.bob.id() })
    const last = signature.at(-1) === 'A' ? 'B' : 'A'
    for (const token of [
      `${head}.${other}.${signature}`,
      `${head}.${payload}.${signature.slice(0, -1)}`,
      `${head}.${payload}.${signature.slice(0, -2)}${last}${last}`,
      `${head}.${payload}.${signature}=`,
      `${head}.${payload}.${signature}.`,
      `.${accessToken}`,
      `${head}..${payload}.${signature}`,
      `${head}.${payload}.${signature}.${signature}`,
      `${head}.${payload}`,
      head,
      '...',
      '..',
      `${head}.${'x'.repeat(100_000)}.${signature}`,
    ]) {
      const begun = performance.now()
      await refused(house, token)
      expect(performance.now() - begun).toBeLessThan(50)
    }
    expect((await me(house, accessToken)).status).toBe(200)
  })

  // bar 63
  test('is refused before and after its time', async () => {
    const house = await testApp()
    const now = Math.floor(house.clock.now().getTime() / 1000)
    await refused(house, await forged(house, { claims: { exp: now } }))
    await refused(house, await forged(house, { claims: { exp: now - 1 } }))
    await refused(house, await forged(house, { claims: { nbf: now + 61 } }))
    await refused(house, await forged(house, { claims: { iat: now + 61 } }))
    await refused(house, await forged(house, { claims: { iat: now - 3610, exp: now + 3600 } }))
    await refused(house, await forged(house, { claims: { exp: undefined } }))
    await refused(house, await forged(house, { claims: { iat: undefined } }))
    const { accessToken } = await house.as.ada.tokens()
    house.clock.advance(minutes(15) - seconds(10))
    expect((await me(house, accessToken)).status).toBe(200)
    house.clock.advance(seconds(11))
    await refused(house, accessToken)
  })

  test('of a process whose clock is some seconds ahead is taken', async () => {
    const house = await shared()
    const ahead = later(house.clock.now(), seconds(3)).getTime() / 1000
    const token = await forged(house, { claims: { iat: Math.ceil(ahead), exp: Math.ceil(ahead) + 900 } })
    expect((await me(house, token)).status).toBe(200)
  })

  // bar 64
  test('for another purpose, issuer, audience or session is refused', async () => {
    const house = await shared()
    const { user } = await house.as.bob.signIn()
    await refused(house, await forged(house, { claims: { iss: 'https://evil.example' } }))
    await refused(house, await forged(house, { claims: { aud: 'https://evil.example' } }))
    await refused(house, await forged(house, { claims: { aud: undefined } }))
    await refused(house, await forged(house, { header: { typ: 'JWT' } }))
    await refused(house, await forged(house, { header: { typ: undefined } }))
    await refused(house, await forged(house, { key: ownKey(house, 'one-time-token') }))
    await refused(house, await forged(house, { claims: { sid: undefined } }))
    await refused(house, await forged(house, { claims: { sid: 42 } }))
    await refused(house, await forged(house, { claims: { sid: 'none' } }))
    await refused(house, await forged(house, { claims: { sub: user.id } }))
  })

  // bar 64
  test('is not a mailed token, nor the other way round', async () => {
    const house = await shared()
    const ada = house.person('ada', { verified: false })
    await ada.user()
    await refused(house, await house.mail.token(ada.email))
    await refused(house, (await ada.tokens()).refreshToken)
  })

  // bar 68
  test('of the key before lives on after a rotation; one of a key that is gone does not', async () => {
    const [old, fresh] = ['an old secret of 0123456789abcdef012345', 'a new secret of fedcba9876543210fedcb']
    const before = await testApp({ env: { SECRET_KEY: old } })
    const { accessToken, refreshToken } = await before.as.ada.tokens()
    const env = { DATA_DIR: before.config.dataDir }
    const rotated = await testApp({ env: { ...env, SECRET_KEY: `${fresh},${old}` } })
    expect((await me(rotated, accessToken)).status).toBe(200)
    const next = await rotated.anon.post('/auth/refresh-token', { refreshToken }).json()
    const after = await testApp({ env: { ...env, SECRET_KEY: fresh } })
    await refused(after, accessToken)
    expect((await me(after, next.accessToken)).status).toBe(200)
  })
})
