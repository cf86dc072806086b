import { describe, expect, test } from 'bun:test'
import { type TestApp, testApp } from '#tests'
import { enrol } from './cast.test.kit'

const withAda = async (env: Record<string, string> = {}) => {
  const house = await testApp({ env })
  const { ada } = house.as
  return { house, ada, factor: await enrol(house, ada) }
}

const answer = (house: TestApp, mfaToken: string, code: string) =>
  house.anon.post('/auth/2fa/challenge', { mfaToken, code })

const left = async ({ app }: TestApp) =>
  (await app.db.get<{ n: number }>('select count(*) as n from two_factor_backup_codes'))?.n

describe('backup codes', () => {
  // bar 94
  test('are ten, of 50 bits, easy to read, and kept as a keyed hash only', async () => {
    const { house, factor } = await withAda()
    expect(new Set(factor.backupCodes).size).toBe(10)
    for (const code of factor.backupCodes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/)
    const kept = await house.app.db.all<{ digest: string }>('select digest from two_factor_backup_codes')
    expect(kept).toHaveLength(10)
    const plain = factor.backupCodes.map((code) => code.replace('-', ''))
    const hashes = new Set(plain.map((code) => new Bun.CryptoHasher('sha256').update(code).digest('base64url')))
    for (const { digest } of kept) {
      expect(digest).toMatch(/^[\w-]{43}$/)
      expect(hashes.has(digest)).toBe(false)
    }
  })

  test('sign in, however they are typed, each once', async () => {
    const { house, factor } = await withAda()
    const [one = '', two = ''] = factor.backupCodes
    expect((await answer(house, await factor.challenge(), one)).status).toBe(200)
    expect(await answer(house, await factor.challenge(), one)).toRefuse(401, 'invalid_code')
    const typed = ` ${two.toUpperCase().replace('-', ' ').replaceAll('0', 'O').replaceAll('1', 'I')} `
    expect((await answer(house, await factor.challenge(), typed)).status).toBe(200)
    expect(await left(house)).toBe(8)
  })

  test('are no use to anybody else', async () => {
    const { house, factor } = await withAda()
    const bobs = await enrol(house, house.as.bob)
    const reply = await answer(house, await factor.challenge(), bobs.backupCodes[0] ?? '')
    expect(reply).toRefuse(401, 'invalid_code')
  })

  // bar 95
  test('thirty times at once: one session, one code fewer', async () => {
    const { house, factor } = await withAda({ RATE_LIMIT: 'off' })
    for (const [round, code] of factor.backupCodes.slice(0, 3).entries()) {
      const challenges = await factor.challenges(6)
      const replies = await house.race(30, (i) => ({
        path: '/auth/2fa/challenge',
        body: { mfaToken: challenges[i % 6] ?? '', code },
      }))
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(replies.filter(({ status }) => status >= 500)).toHaveLength(0)
      expect(await left(house)).toBe(9 - round)
      house.clock.advance(15 * 60_000)
    }
  }, 20_000)

  test('tell by mail when fewer than three are left, and sign-in says when there are none', async () => {
    const { house, ada, factor } = await withAda()
    const mails = async () => (await house.mail.to(ada.email)).filter(({ template }) => template === 'backup-codes-low')
    for (const [used, code] of factor.backupCodes.entries()) {
      expect((await answer(house, await factor.challenge(), code)).status).toBe(200)
      expect(await mails()).toHaveLength(Math.max(0, used - 6))
    }
    const [last, , first] = await mails()
    expect(first?.text).toContain('2 left')
    expect(last?.text).toContain('the last one')
    const login = await house.anon.post('/auth/login', { email: ada.email, password: ada.password }).json()
    expect(login.methods).toEqual(['totp'])
  })
})

describe('new backup codes', () => {
  // bar 96
  test('kill the old ones, and are told by mail', async () => {
    const { house, ada, factor } = await withAda()
    const { backupCodes } = await ada
      .post('/auth/2fa/backup-codes', { password: ada.password, code: factor.code() })
      .json()
    expect(backupCodes).toHaveLength(10)
    expect(await house.mail.latest(ada.email, 'backup-codes-replaced')).toBeDefined()
    for (const code of factor.backupCodes.slice(0, 3))
      expect(await answer(house, await factor.challenge(), code)).toRefuse(401, 'invalid_code')
    expect((await answer(house, await factor.challenge(), backupCodes[9])).status).toBe(200)
    expect(await left(house)).toBe(9)
  })

  // bar 96
  test('thirty times at once with one code: one set', async () => {
    const { house, ada, factor } = await withAda({ RATE_LIMIT: 'off' })
    const body = { password: ada.password, code: factor.code() }
    const replies = await house.race(30, () => ({ as: ada, path: '/auth/2fa/backup-codes', body }))
    const sets = replies.filter(({ status }) => status === 200)
    expect(sets).toHaveLength(1)
    expect(replies.filter(({ status }) => status >= 500)).toHaveLength(0)
    expect(await left(house)).toBe(10)
    const [code] = sets[0]?.json().backupCodes ?? []
    house.clock.advance(15 * 60_000)
    expect((await answer(house, await factor.challenge(), code)).status).toBe(200)
  })

  // bar 96
  test('made at once with different codes leave one live set', async () => {
    const { house, ada, factor } = await withAda({ RATE_LIMIT: 'off' })
    const replies = await house.race(8, (i) => ({
      as: ada,
      path: '/auth/2fa/backup-codes',
      body: { password: ada.password, code: factor.backupCodes[i] ?? '' },
    }))
    // The first set that is made kills the codes that the others came with.
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await left(house)).toBe(10)
  })

  // bar 86
  test('take the password, a code, and a second factor that is on', async () => {
    const { house, ada, factor } = await withAda()
    const path = '/auth/2fa/backup-codes'
    const { password } = ada
    expect(await ada.post(path, { password })).toRefuse(422, 'validation_failed')
    expect(await ada.post(path, { password: 'not it at all', code: factor.code() })).toRefuse(
      401,
      'invalid_credentials',
    )
    expect(await ada.post(path, { password, code: factor.wrong() })).toRefuse(401, 'invalid_code')
    const { bob } = house.as
    const none = await bob.post(path, { password: bob.password, code: '123456' })
    expect(none).toRefuse(409, 'two_factor_not_enabled')
  })
})
