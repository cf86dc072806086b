import { expect, test } from 'bun:test'
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'
import { testApp } from '#tests'

const ENV = { WEBHOOK_ALLOW_HTTP: 'on', WEBHOOK_ALLOW_PRIVATE: 'on' }

/** A browser's side of Web Push: its keys, and reading what was encrypted for them (RFC 8291, RFC 8188). */
const browser = () => {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  const auth = randomBytes(16)
  const read = (body: Buffer) => {
    const [salt, length] = [body.subarray(0, 16), body.readUInt8(20)]
    const [sender, sealed] = [body.subarray(21, 21 + length), body.subarray(21 + length)]
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), pair.getPublicKey(), sender])
    const secret = Buffer.from(hkdfSync('sha256', pair.computeSecret(sender), auth, info, 32))
    const key = Buffer.from(hkdfSync('sha256', secret, salt, 'Content-Encoding: aes128gcm\0', 16))
    const nonce = Buffer.from(hkdfSync('sha256', secret, salt, 'Content-Encoding: nonce\0', 12))
    const cipher = createDecipheriv('aes-128-gcm', key, nonce)
    cipher.setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
    return JSON.parse(plain.subarray(0, plain.lastIndexOf(2)).toString()) as { title: string }
  }
  return { keys: { p256dh: pair.getPublicKey('base64url'), auth: auth.toString('base64url') }, read }
}

/** A push service that keeps what it gets and answers `status`. */
const pushService = (status: number) => {
  const got: { headers: Headers; body: Buffer }[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      got.push({ headers: request.headers, body: Buffer.from(await request.arrayBuffer()) })
      return new Response(null, { status })
    },
  })
  return { endpoint: `http://127.0.0.1:${server.port}/push/1`, got, stop: () => server.stop(true) }
}

test('a browser that subscribed gets what it can read, signed by this service', async () => {
  const house = await testApp({ env: ENV })
  const { ada, admin } = house.as
  const [service, { keys, read }] = [pushService(201), browser()]
  const subscribed = await ada.post('/notifications/push-subscriptions', { endpoint: service.endpoint, keys })
  expect(subscribed.status).toBe(201)
  await admin.patch(`/admin/users/${await ada.id()}/role`, { role: 'support' })
  await house.runJobs()
  expect(service.got).toHaveLength(1)
  const [message] = service.got
  expect(read(message?.body ?? Buffer.alloc(0)).title).toBe('Your role is now support')
  const { publicKey } = (await ada.get('/notifications/push-key')).json<{ publicKey: string }>()
  expect(message?.headers.get('authorization')).toMatch(new RegExp(`^vapid t=[\\w.-]+, k=${publicKey}$`))
  expect(message?.headers.get('content-encoding')).toBe('aes128gcm')
  await service.stop()
})

test('a browser that is gone is forgotten', async () => {
  const house = await testApp({ env: ENV })
  const { ada, admin } = house.as
  const [service, { keys }] = [pushService(410), browser()]
  const { id } = await ada
    .post('/notifications/push-subscriptions', { endpoint: service.endpoint, keys })
    .json<{ id: string }>()
  await admin.patch(`/admin/users/${await ada.id()}/role`, { role: 'support' })
  await house.runJobs()
  expect(service.got).toHaveLength(1)
  expect(await ada.delete(`/notifications/push-subscriptions/${id}`)).toRefuse(404, 'push_subscription_not_found')
  await service.stop()
})

test('push addresses that lead inside, and other people’s browsers, are refused', async () => {
  const house = await testApp()
  const { ada, bob } = house.as
  const { keys } = browser()
  const inside = await ada.post('/notifications/push-subscriptions', { endpoint: 'https://127.0.0.1/push', keys })
  expect(inside).toRefuse(422, 'push_address_refused')
  const bad = await ada.post('/notifications/push-subscriptions', {
    endpoint: 'https://push.example.com/1',
    keys: { ...keys, auth: '!' },
  })
  expect(bad).toRefuse(422, 'validation_failed')
  const { id } = await ada
    .post('/notifications/push-subscriptions', { endpoint: 'https://203.0.113.7/1', keys })
    .json<{ id: string }>()
    .catch(() => ({ id: '01a00000-0000-7000-8000-000000000000' }))
  expect(await bob.delete(`/notifications/push-subscriptions/${id}`)).toRefuse(404, 'push_subscription_not_found')
})
