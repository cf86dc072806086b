import { describe, expect, test } from 'bun:test'
import { days, hours, minutes } from '#core'
import { rows, seen, sharedApp, type TestApp, testApp } from '#tests'

/** For tests that get by with people of their own. */
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })

const NEW = 'ada@example.org'

const ask = ({ as }: TestApp, email = NEW) => as.ada.post('/auth/change-email', { email, password: as.ada.password })

/** Moves ada to another address and returns the token of the way back. */
const moved = async (house: TestApp, email = NEW) => {
  const old = (await house.as.ada.get('/auth/me').json()).email
  await ask(house, email).json()
  await house.anon
    .post('/auth/confirm-email-change', { token: await house.mail.secret(email, 'confirm_email_change') })
    .json()
  return house.mail.secret(old, 'revert_email_change')
}

describe('another address', () => {
  // bar 19
  test('counts once the link mailed there is confirmed; the old one is told', async () => {
    const house = await testApp()
    const { as, anon, mail } = house
    const reply = await ask(house, 'ADA@Example.org')
    expect(reply.status).toBe(202)
    expect(await as.ada.get('/auth/me').json()).toMatchObject({ email: as.ada.email })
    expect((await mail.to(NEW)).map(({ template }) => template)).toEqual(['email-change-confirm'])
    const confirmed = await anon.post('/auth/confirm-email-change', { token: await mail.token(NEW) })
    expect(confirmed.json()).toMatchObject({ email: NEW, emailVerified: true })
    const notice = await mail.latest(as.ada.email, 'email-changed-notice')
    expect(notice.text).not.toContain(NEW)
    expect(notice.text).toContain('a…@example.org')
    expect((await anon.post('/auth/login', { email: NEW, password: as.ada.password })).status).toBe(200)
    expect(await anon.post('/auth/login', { email: as.ada.email, password: as.ada.password })).toRefuse(
      401,
      'invalid_credentials',
    )
  })

  // bar 19
  test('needs a session and the password', async () => {
    const { anon, mail, someone } = await shared()
    const ada = someone()
    await ada.user()
    expect(await anon.post('/auth/change-email', { email: NEW, password: ada.password })).toRefuse(
      401,
      'unauthenticated',
    )
    expect(await ada.post('/auth/change-email', { email: NEW, password: 'not-the-password' })).toRefuse(
      401,
      'invalid_credentials',
    )
    expect(await ada.post('/auth/change-email', { email: NEW })).toRefuse(422, 'validation_failed')
    expect(await ada.post('/auth/change-email', { email: 'nowhere', password: ada.password })).toRefuse(
      422,
      'validation_failed',
    )
    expect(await mail.to(NEW)).toEqual([])
  })

  test('that is taken, or is one’s own, answers the same; the owner of a taken one is told', async () => {
    const house = await testApp()
    const { as, mail } = house
    await as.bob.user()
    const free = seen(await ask(house))
    expect(seen(await ask(house, as.bob.email))).toEqual(free)
    expect(seen(await ask(house, as.ada.email))).toEqual(free)
    expect((await mail.to(as.bob.email)).map(({ template }) => template)).toContain('already-registered')
    expect(
      (await mail.all()).filter(({ template }) => template === 'email-change-confirm').map(({ to }) => to),
    ).toEqual([NEW])
  })

  // bar 12
  test('has one live link, for a day; a reset of the password ends it', async () => {
    const house = await testApp()
    const { as, anon, mail, clock } = house
    await ask(house).json()
    const first = await mail.token(NEW)
    await ask(house, 'ada@example.net').json()
    const second = await mail.token('ada@example.net')
    expect(await anon.post('/auth/confirm-email-change', { token: first })).toRefuse(400, 'invalid_token')
    clock.advance(hours(24))
    expect(await anon.post('/auth/confirm-email-change', { token: second })).toRefuse(400, 'invalid_token')
    await as.ada.signIn()
    await ask(house).json()
    const third = await mail.token(NEW)
    await anon.post('/auth/forgot-password', { email: as.ada.email }).json()
    await anon.post('/auth/reset-password', {
      token: await mail.token(as.ada.email, 'reset-password'),
      password: 'magnet-olive-turbine-9',
    })
    expect(await anon.post('/auth/confirm-email-change', { token: third })).toRefuse(400, 'invalid_token')
  })

  // bar 20
  test('for two people at once goes to one of them', async () => {
    const { as, person, anon, mail, race, clock, config } = await testApp({ env: { RATE_LIMIT: 'off' } })
    for (let round = 0; round < 3; round++) {
      const tokens: string[] = []
      for (const someone of [person(`a${round}`), person(`b${round}`)]) {
        await someone.user()
        await someone
          .post('/auth/change-email', { email: `one${round}@example.org`, password: someone.password })
          .json()
        tokens.push(await mail.token(`one${round}@example.org`))
        clock.advance(minutes(1.1))
      }
      const replies = await race(30, (i) => ({ path: '/auth/confirm-email-change', body: { token: tokens[i % 2] } }))
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      for (const reply of replies.filter(({ status }) => status !== 200)) expect(reply).toRefuse(400, 'invalid_token')
      expect(rows(config, 'SELECT id FROM users WHERE email = ?', `one${round}@example.org`)).toHaveLength(1)
    }
    expect(await anon.post('/auth/confirm-email-change', { token: '' })).toRefuse(422, 'validation_failed')
    expect((await as.ada.user()).email).toBe(as.ada.email)
  })

  test('that somebody registers meanwhile stays theirs', async () => {
    const house = await testApp()
    const { anon, mail } = house
    await ask(house).json()
    const token = await mail.token(NEW)
    await anon.post('/auth/register', { email: NEW, password: 'plum-anchor-violet-42', name: 'Quick' }).json()
    expect(await anon.post('/auth/confirm-email-change', { token })).toRefuse(400, 'invalid_token')
  })
})

describe('the way back', () => {
  // bar 53
  test('restores the address, ends all sessions, and mails a reset', async () => {
    const house = await testApp()
    const { as, anon, mail } = house
    const back = await moved(house)
    const reverted = await anon.post('/auth/revert-email-change', { token: back })
    expect(reverted.json()).toMatchObject({ email: as.ada.email, emailVerified: true })
    expect(await as.ada.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    const login = (email: string) => anon.post('/auth/login', { email, password: as.ada.password })
    expect(await login(NEW)).toRefuse(401, 'invalid_credentials')
    expect((await login(as.ada.email)).status).toBe(200)
    const password = 'magnet-olive-turbine-9'
    const token = await mail.token(as.ada.email, 'reset-password')
    expect((await anon.post('/auth/reset-password', { token, password })).status).toBe(204)
    expect((await anon.post('/auth/login', { email: as.ada.email, password })).status).toBe(200)
    expect(await anon.post('/auth/revert-email-change', { token: back })).toRefuse(400, 'invalid_token')
  })

  test('is open for seven days, and no new password closes it', async () => {
    const house = await testApp()
    const { as, anon, clock } = house
    const back = await moved(house)
    const change = { currentPassword: as.ada.password, newPassword: 'magnet-olive-turbine-9' }
    expect((await as.ada.post('/auth/change-password', change)).status).toBe(204)
    clock.advance(days(7) - 5000)
    expect((await anon.post('/auth/revert-email-change', { token: back })).status).toBe(200)
  })

  test('is over after seven days', async () => {
    const house = await testApp()
    const back = await moved(house)
    house.clock.advance(days(7) + 1)
    expect(await house.anon.post('/auth/revert-email-change', { token: back })).toRefuse(400, 'invalid_token')
  })

  test('cannot be closed by a thief who moves on and comes back: the first address wins', async () => {
    const house = await testApp()
    const { as, anon } = house
    const owners = await moved(house, 'thief@example.org')
    const thiefs = await moved(house, 'thief@example.net')
    expect((await anon.post('/auth/revert-email-change', { token: thiefs })).json()).toMatchObject({
      email: 'thief@example.org',
    })
    expect((await anon.post('/auth/revert-email-change', { token: owners })).json()).toMatchObject({
      email: as.ada.email,
    })
    expect(await anon.post('/auth/revert-email-change', { token: thiefs })).toRefuse(400, 'invalid_token')
  })

  test('also takes back a deletion that the thief has scheduled', async () => {
    const house = await testApp()
    const { as, anon, app, clock, runJobs, config } = house
    const back = await moved(house)
    expect((await as.ada.delete('/users/me', { password: as.ada.password })).status).toBe(202)
    expect((await anon.post('/auth/revert-email-change', { token: back })).status).toBe(200)
    clock.advance(days(app.config.deletionGraceDays + 1))
    await runJobs()
    expect(rows(config, 'SELECT id FROM users')).toHaveLength(1)
  })

  test('is not offered to an address that was never verified: it may be a stranger’s', async () => {
    const { someone, anon, mail } = await shared()
    const typo = someone({ verified: false })
    await typo.user()
    await typo.post('/auth/change-email', { email: NEW, password: typo.password }).json()
    const confirmed = await anon.post('/auth/confirm-email-change', { token: await mail.token(NEW) })
    expect(confirmed.json()).toMatchObject({ email: NEW, emailVerified: true })
    expect((await mail.to(typo.email)).map(({ template }) => template)).not.toContain('email-changed-notice')
  })
})
