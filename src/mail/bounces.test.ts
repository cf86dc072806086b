import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { testApp } from '#tests'
import { mailSuppressions } from './schema'

const KEY = 'c2VjcmV0IGZvciB0ZXN0cyBvbmx5'
const SETTINGS = {
  RESEND_API_KEY: 're_test',
  RESEND_WEBHOOK_SECRET: `whsec_${KEY}`,
  MAIL_FROM: 'no-reply@keel.example',
}

/** Headers as Resend sends them (Svix). */
const signed = (body: string, key = KEY, sentAt = Date.now()) => {
  const timestamp = String(Math.floor(sentAt / 1000))
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`msg_1.${timestamp}.${body}`)
    .digest('base64')
  const headers = { 'svix-id': 'msg_1', 'svix-timestamp': timestamp, 'svix-signature': `v1,${signature}` }
  return { headers: { ...headers, 'content-type': 'application/json' } }
}
const event = (type: string, data: object = {}) => JSON.stringify({ type, data: { to: ['Ada@example.com'], ...data } })

const open = async (env: Record<string, string> = SETTINGS) => {
  const { app, anon } = await testApp({ env })
  const suppressed = async () => (await app.db.select().from(mailSuppressions)).map(({ reason }) => reason)
  const post = (body: string, options: { headers: Record<string, string> }) =>
    anon.post('/mail/resend-events', new Blob([body]), options)
  return { post, suppressed }
}

describe('bounces and complaints from Resend', () => {
  test.each<[string, object, 'bounced' | 'complained']>([
    ['email.bounced', { bounce: { type: 'Permanent' } }, 'bounced'],
    ['email.complained', {}, 'complained'],
  ])('%s suppresses the address, once', async (type, data, reason) => {
    const { post, suppressed } = await open()
    const body = event(type, data)
    expect((await post(body, signed(body))).status).toBe(204)
    expect((await post(body, signed(body))).status).toBe(204)
    expect(await suppressed()).toEqual([reason])
  })

  test.each<[string, object]>([
    ['email.bounced', { bounce: { type: 'Transient' } }],
    ['email.delivered', {}],
    ['something.new', { to: 'not a list' }],
  ])('%s with %o changes nothing', async (type, data) => {
    const { post, suppressed } = await open()
    const body = event(type, data)
    expect((await post(body, signed(body))).status).toBe(204)
    expect(await suppressed()).toEqual([])
  })

  test('what is not signed, signed by somebody else, altered or old is refused', async () => {
    const { post, suppressed } = await open()
    const body = event('email.complained')
    const hour = 3_600_000
    const attempts = [
      post(body, signed(body, Buffer.from('another secret, as long').toString('base64'))),
      post(event('email.complained', { to: ['eve@example.com'] }), signed(body)),
      post(body, signed(body, KEY, Date.now() - hour)),
      post('', signed(body)),
    ]
    for (const reply of await Promise.all(attempts)) {
      expect(reply).toMatchObject({ status: 401 })
      expect(reply.json().code).toBe('invalid_signature')
    }
    expect((await post(body, { headers: { 'content-type': 'application/json' } })).status).toBe(422)
    expect(await suppressed()).toEqual([])
  })

  test('there is no such route until the secret is set', async () => {
    const { RESEND_WEBHOOK_SECRET: _, ...others } = SETTINGS
    const { post } = await open(others)
    const body = event('email.complained')
    expect((await post(body, signed(body))).status).toBe(404)
  })
})
