import { describe, expect, test } from 'bun:test'
import { minutes, systemContext } from '#core'
import { firstAdminLink } from '#features/auth'
import { rows, type TestApp, testApp } from '#tests'

const PASSWORD = 'plum-anchor-violet-42'
const ROOT = { email: 'root@example.com', name: 'Root', password: PASSWORD }

const link = ({ app }: TestApp) => firstAdminLink(systemContext(app, 'test'))
const token = async (house: TestApp) => new URL((await link(house)) ?? '').searchParams.get('token') ?? ''

describe('the first admin', () => {
  test('is made once, verified, by the link that is printed at start; then it is closed', async () => {
    const house = await testApp()
    const { anon } = house
    const secret = await token(house)
    const made = await anon.post('/admin/setup', { ...ROOT, token: secret })
    expect(made.status).toBe(201)
    expect(made.json()).toMatchObject({ email: ROOT.email, role: 'admin', emailVerified: true })
    expect(await anon.post('/admin/setup', { ...ROOT, token: secret })).toRefuse(410, 'setup_closed')
    expect(await link(house)).toBeUndefined()
    expect((await anon.post('/auth/login', { email: ROOT.email, password: PASSWORD })).status).toBe(200)
  })

  test('takes the newest link, within 30 minutes, and one that is right', async () => {
    const house = await testApp()
    const { anon, clock, as } = house
    const first = await token(house)
    const second = await token(house)
    expect(await anon.post('/admin/setup', { ...ROOT, token: first })).toRefuse(400, 'invalid_token')
    expect(await anon.post('/admin/setup', { ...ROOT, token: 'guess' })).toRefuse(400, 'invalid_token')
    expect(await anon.post('/admin/setup', { ...ROOT, token: second, password: 'short' })).toRefuse(
      422,
      'weak_password',
    )
    await as.ada.user()
    const taken = await anon.post('/admin/setup', { ...ROOT, token: second, email: as.ada.email })
    expect(taken.json().code).toBe('email_taken')
    expect(taken.status).toBe(409)
    clock.advance(minutes(31))
    expect(await anon.post('/admin/setup', { ...ROOT, token: second })).toRefuse(400, 'invalid_token')
    expect(await anon.post('/admin/setup', { token: second })).toRefuse(422, 'validation_failed')
  })

  test('is one, however many ask at once', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const secret = await token(house)
    const replies = await house.race(30, (i) => ({
      path: '/admin/setup',
      body: { ...ROOT, token: secret, email: `root${i}@example.com` },
    }))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    for (const { status } of replies) expect([201, 400, 410]).toContain(status)
    expect(rows(house.config, "SELECT id FROM users WHERE role = 'admin'")).toHaveLength(1)
  })
})
