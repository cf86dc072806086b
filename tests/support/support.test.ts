import { describe, expect, test } from 'bun:test'
import { days, minutes } from '#core'
import { testApp } from '#tests'
import { replyOf } from './client'

describe('a test app', () => {
  test('has a database of its own', async () => {
    const [one, two] = [await testApp(), await testApp()]
    const id = await one.as.ada.id()
    expect(await two.as.ada.id()).not.toBe(id)
  })

  test('brings people who sign up, verify and sign in through the API', async () => {
    const { as } = await testApp()
    expect(await as.ada.get('/auth/me').json()).toMatchObject({
      email: 'ada@example.com',
      role: 'user',
      emailVerified: true,
    })
    expect(await as.bob.get('/auth/me').json()).toMatchObject({ email: 'bob@example.com' })
    expect(await as.admin.get('/auth/me').json()).toMatchObject({ role: 'admin' })
  })

  test('brings unverified people, and people of any role', async () => {
    const { person } = await testApp()
    expect(await person('eve', { verified: false }).user()).toMatchObject({ emailVerified: false })
    expect(await person('sam', { role: 'support' }).user()).toMatchObject({ role: 'support' })
    expect(person('sam')).toBe(person('sam'))
  })

  test('moves the clock: an access token ends, a new sign-in helps', async () => {
    const { as, clock } = await testApp()
    await as.ada.user()
    clock.advance(minutes(16))
    expect(await as.ada.get('/auth/me')).toRefuse(401, 'invalid_access_token')
    await as.ada.signIn()
    expect((await as.ada.get('/auth/me')).status).toBe(200)
  })

  test('reads the mail, newest first', async () => {
    const { person, mail } = await testApp()
    await person('ada', { verified: false }).user()
    const mails = await mail.to('ada@example.com')
    expect(mails.length).toBeGreaterThan(0)
    expect(await mail.to('nobody@example.com')).toEqual([])
    expect((await mail.link('ada@example.com', 'verify-email')).pathname).toBe('/verify-email')
    expect(mail.latest('nobody@example.com')).rejects.toThrow('No mail')
  })

  test('reads only the settings it is given', async () => {
    const { config } = await testApp({ env: { APP_NAME: 'Other' } })
    expect(config.appName).toBe('Other')
    expect(config.environment).toBe('test')
  })

  test('a chained json() insists on success', async () => {
    const { anon } = await testApp()
    expect(anon.get('/nothing').json()).rejects.toThrow('GET /api/v1/nothing answered 404')
  })

  test('serves on a real port, and races over it', async () => {
    const { as, listen, race } = await testApp()
    const { url } = listen()
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    const replies = await race(30, () => ({ as: as.ada, method: 'PATCH', path: '/users/me', body: { name: 'Ada L' } }))
    expect(replies.map((reply) => reply.status)).toEqual(Array.from({ length: 30 }, () => 200))
    expect(replies[29]?.json()).toMatchObject({ name: 'Ada L' })
    const reads = await race(5, () => ({ as: as.ada, method: 'GET', path: '/auth/me' }))
    expect(reads.every((reply) => reply.json().email === 'ada@example.com')).toBe(true)
  })

  test('runs like the real clock from where it was set', async () => {
    const { clock } = await testApp()
    const before = clock.now().getTime()
    clock.advance(days(1))
    expect(clock.now().getTime() - before).toBeGreaterThanOrEqual(days(1))
  })
})

describe('toRefuse', () => {
  const refusal = {
    type: 'http://localhost/errors#no_good',
    title: 'Forbidden',
    status: 403,
    detail: 'No.',
    instance: '/x',
    code: 'no_good',
    requestId: 'r1',
  }
  const reply = (status: number, body: object, sent?: unknown, type = 'application/problem+json') =>
    replyOf({
      request: 'GET /x',
      status,
      sent,
      bytes: new TextEncoder().encode(JSON.stringify(body)),
      headers: new Headers({ 'content-type': type, 'x-request-id': 'r1' }),
    })
  const refused =
    (...args: Parameters<typeof reply>) =>
    () =>
      expect(reply(...args)).toRefuse(403, 'no_good')

  test('accepts a whole problem document', () => {
    expect(refused(403, refusal)).not.toThrow()
  })
  test.each([
    ['another status', refused(404, refusal)],
    ['another status in the body', refused(403, { ...refusal, status: 400 })],
    ['another code', refused(403, { ...refusal, code: 'other' })],
    ['plain JSON', refused(403, refusal, undefined, 'application/json')],
    ['another request id', refused(403, { ...refusal, requestId: 'r2' })],
    [
      'a value that was sent',
      refused(403, { ...refusal, detail: 'Not hunter2hunter2.' }, { nested: ['hunter2hunter2'] }),
    ],
  ])('refuses %s', (_, expectation) => {
    expect(expectation).toThrow()
  })
})
