import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type TestApp, testApp } from '#tests'
import { closeApp, openApp } from '../../app'
import { loadConfig } from '../../config'
import { enrol } from './cast.test.kit'
import { vault } from './vault'

const withAda = async () => {
  const house = await testApp()
  const { ada } = house.as
  return { house, ada, factor: await enrol(house, ada) }
}

const signIn = (house: TestApp, { email, password }: { email: string; password: string }) =>
  house.anon.post('/auth/login', { email, password })

describe('turning the second factor off', () => {
  // bar 99
  test('ends the other sessions, tells by mail, and asks for nothing at the next sign-in', async () => {
    const { house, ada, factor } = await withAda()
    const mfaToken = await factor.challenge()
    const other = await house.anon
      .post('/auth/2fa/challenge', { mfaToken: await factor.challenge(), code: factor.code() })
      .json()
    expect((await ada.post('/auth/2fa/disable', { password: ada.password, code: factor.code() })).status).toBe(204)
    expect(await house.mail.latest(ada.email, 'two-factor-disabled')).toBeDefined()
    expect(await house.withToken(other.accessToken).get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect((await ada.get('/users/me').json()).twoFactorEnabled).toBe(false)
    expect((await signIn(house, ada)).status).toBe(200)
    const stale = await house.anon.post('/auth/2fa/challenge', { mfaToken, code: factor.code() })
    expect(stale).toRefuse(401, 'invalid_mfa_token')
  })

  test('works with a backup code for those who have lost their phone', async () => {
    const { ada, factor } = await withAda()
    const code = factor.backupCodes[0]
    expect((await ada.post('/auth/2fa/disable', { password: ada.password, code })).status).toBe(204)
    expect(await ada.post('/auth/2fa/disable', { password: ada.password, code })).toRefuse(
      409,
      'two_factor_not_enabled',
    )
  })

  // bar 86
  test('takes the password and a code', async () => {
    const { ada, factor } = await withAda()
    const { password } = ada
    expect(await ada.post('/auth/2fa/disable', { password })).toRefuse(422, 'validation_failed')
    expect(await ada.post('/auth/2fa/disable', { code: factor.code() })).toRefuse(422, 'validation_failed')
    const wrongPassword = { password: 'not the password', code: factor.code() }
    expect(await ada.post('/auth/2fa/disable', wrongPassword)).toRefuse(401, 'invalid_credentials')
    expect(await ada.post('/auth/2fa/disable', { password, code: factor.wrong() })).toRefuse(401, 'invalid_code')
    expect((await ada.get('/users/me').json()).twoFactorEnabled).toBe(true)
  })

  test('many times at once with one code succeeds once', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { ada } = house.as
    const factor = await enrol(house, ada)
    const body = { password: ada.password, code: factor.code() }
    const replies = await house.race(9, () => ({ as: ada, path: '/auth/2fa/disable', body }))
    expect(replies.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(replies.filter(({ status }) => status >= 500)).toHaveLength(0)
  })
})

describe('an admin', () => {
  // bar 99
  test('takes away the second factor of somebody who lost it: sessions end, it is told and recorded', async () => {
    const { house, ada } = await withAda()
    const { admin } = house.as
    const id = await ada.id()
    expect((await admin.delete(`/admin/users/${id}/2fa`)).status).toBe(204)
    expect(await ada.get('/users/me')).toRefuse(401, 'invalid_access_token')
    expect(await house.mail.latest(ada.email, 'two-factor-reset')).toBeDefined()
    const login = await signIn(house, ada)
    expect(login.status).toBe(200)
    expect(login.json().user.twoFactorEnabled).toBe(false)
    const [row] = await house.app.db.all<{ payload: string; actor_id: string; user_id: string }>(
      "select payload, actor_id, user_id from events where type = 'two_factor.disabled'",
    )
    expect(row).toMatchObject({ actor_id: await admin.id(), user_id: id })
    expect(JSON.parse(row?.payload ?? '')).toEqual({ userId: id, reason: 'reset' })
  })

  test('is told when there is nobody, or nothing to take away', async () => {
    const house = await testApp()
    const { admin, bob } = house.as
    const nobody = await admin.delete(`/admin/users/${Bun.randomUUIDv7()}/2fa`)
    expect(nobody).toRefuse(404, 'user_not_found')
    expect(await admin.delete('/admin/users/not-an-id/2fa')).toRefuse(404, 'not_found')
    expect(await admin.delete(`/admin/users/${await bob.id()}/2fa`)).toRefuse(409, 'two_factor_not_enabled')
  })

  test('does not get rid of their own that way', async () => {
    const house = await testApp()
    const { admin } = house.as
    await enrol(house, admin)
    expect(await admin.delete(`/admin/users/${await admin.id()}/2fa`)).toRefuse(403, 'not_yourself')
  })

  test('does not reach those who may do more', async () => {
    const house = await testApp()
    const { admin } = house.as
    await enrol(house, admin)
    await house.app.database.transaction(
      async (tx) =>
        void (await tx.run(
          `insert into roles (name, description, permissions, created_at, updated_at) values ('helper', '', '["users:manage"]', 0, 0)`,
        )),
      { bookkeeping: true },
    )
    const helper = house.person('hal', { role: 'helper' })
    expect(await helper.delete(`/admin/users/${await admin.id()}/2fa`)).toRefuse(403, 'outranked')
    const { ada } = house.as
    await enrol(house, ada)
    expect((await helper.delete(`/admin/users/${await ada.id()}/2fa`)).status).toBe(204)
  })

  // bar 110, 111
  test('is who it takes: nobody else may', async () => {
    const { house, ada } = await withAda()
    const path = `/admin/users/${await ada.id()}/2fa`
    expect(await house.anon.delete(path)).toRefuse(401, 'unauthenticated')
    expect(await house.withToken('junk').delete(path)).toRefuse(401, 'invalid_access_token')
    expect(await house.as.bob.delete(path)).toRefuse(403, 'forbidden')
    expect(await house.person('sue', { role: 'support' }).delete(path)).toRefuse(403, 'forbidden')
    expect((await ada.get('/users/me').json()).twoFactorEnabled).toBe(true)
  })
})

describe('the secret', () => {
  // bar 97, 113
  test('is nowhere at rest but sealed, nor in any reply but the first', async () => {
    const { house, ada, factor } = await withAda()
    await house.runJobs()
    const folder = house.config.dataDir
    const files = Array.from(new Bun.Glob('**/*').scanSync({ cwd: folder, onlyFiles: true }))
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) {
      const bytes = await Bun.file(join(folder, file)).text()
      for (const secret of [factor.secret, ...factor.backupCodes, ...factor.backupCodes.map((c) => c.replace('-', ''))])
        expect({ file, found: bytes.includes(secret) }).toEqual({ file, found: false })
    }
    for (const path of ['/users/me', '/auth/me', '/auth/sessions'])
      expect((await ada.get(path)).text).not.toContain(factor.secret)
  })

  // bar 97
  test('moves to a new SECRET_KEY at the next start, and works on when the old one is gone', async () => {
    const { house, ada, factor } = await withAda()
    const { id } = await ada.user()
    const stored = async () =>
      (await house.app.db.get<{ secret: string }>('select secret from two_factors'))?.secret ?? ''
    const before = await stored()
    const old = house.config.secrets[0] ?? ''
    const fresh = 'a new one for tests: fedcba9876543210fedcba9876543210'
    const reopen = async (secrets: string) => {
      const env = { NODE_ENV: 'test', DATA_DIR: house.config.dataDir, SECRET_KEY: secrets }
      const app = await openApp(loadConfig(env), { passwordHashing: { memoryCost: 8, timeCost: 1 } })
      const health = await app.features.find(({ name }) => name === 'two-factor')?.health?.(app)
      const { open } = vault(app)
      await closeApp(app)
      return { health, open }
    }
    const lost = await reopen(fresh)
    expect(lost.health).toMatchObject({ status: 'warn', detail: { unreadable: 1 } })
    expect(await stored()).toBe(before)

    const both = await reopen(`${fresh},${old}`)
    expect(both.health).toMatchObject({ status: 'pass' })
    const after = await stored()
    expect(after).not.toBe(before)
    const alone = await reopen(fresh)
    expect(alone.health).toMatchObject({ status: 'pass' })
    expect(alone.open(after, id)).toBe(factor.secret)
  })
})

describe('with the account', () => {
  // bar 18
  test('a second factor that a stranger planted goes when the owner of the address resets the password', async () => {
    const house = await testApp()
    const stranger = house.person('victim', { verified: false })
    await enrol(house, stranger)
    await house.anon.post('/auth/forgot-password', { email: stranger.email })
    const password = 'magnet-olive-turbine-9'
    await house.anon.post('/auth/reset-password', {
      token: await house.mail.token(stranger.email, 'reset-password'),
      password,
    })
    const login = await signIn(house, { email: stranger.email, password })
    expect(login.status).toBe(200)
    expect(login.json().user).toMatchObject({ twoFactorEnabled: false, emailVerified: true })
    expect(await house.app.db.all('select 1 from two_factor_backup_codes')).toEqual([])
  })

  test('what is held is told without secrets, and goes with the account', async () => {
    const { house, ada, factor } = await withAda()
    await factor.challenge()
    const id = await ada.id()
    const feature = house.app.features.find(({ name }) => name === 'two-factor')
    const ctx = Object.assign(Object.create(house.app), {
      actor: { type: 'system', name: 'test' },
      now: house.clock.now(),
    })
    const held = await feature?.exportUser?.(ctx, id)
    expect(held).toEqual({
      'two-factor.json': { createdAt: expect.any(Date), enabledAt: expect.any(Date), backupCodesLeft: 10 },
    })
    expect(JSON.stringify(held)).not.toContain(factor.secret)
    await house.app.database.transaction((tx) => feature?.eraseUser?.(tx, ctx, id) ?? Promise.resolve())
    for (const table of ['two_factors', 'two_factor_backup_codes', 'two_factor_challenges'])
      expect(await house.app.db.all(`select 1 from ${table}`)).toEqual([])
  })
})

describe('the state of somebody’s second factor', () => {
  test('is shown to those who manage people, and never a secret', async () => {
    const { house, ada, factor } = await withAda()
    const path = `/admin/users/${await ada.id()}/2fa`
    expect(await house.as.bob.get(path)).toRefuse(403, 'forbidden')
    expect(await house.as.admin.get(`/admin/users/${crypto.randomUUID()}/2fa`)).toRefuse(404, 'user_not_found')
    const shown = await house.as.admin.get(path)
    expect(shown.json()).toEqual({
      enabled: true,
      enabledAt: expect.any(String),
      backupCodesLeft: 10,
      blockedUntil: null,
    })
    expect(shown.text).not.toContain(factor.secret)
    expect(await house.as.admin.get(`/admin/users/${await house.as.bob.id()}/2fa`).json()).toMatchObject({
      enabled: false,
      backupCodesLeft: 0,
    })
  })

  test('tells until when wrong codes have blocked it', async () => {
    const { house, ada, factor } = await withAda()
    for (let nth = 0; nth < 10; nth++)
      await ada.post('/auth/2fa/backup-codes', { password: ada.password, code: factor.wrong(nth) })
    const { blockedUntil } = await house.as.admin.get(`/admin/users/${await ada.id()}/2fa`).json()
    expect(Date.parse(blockedUntil)).toBeGreaterThan(house.clock.now().getTime())
  })
})
