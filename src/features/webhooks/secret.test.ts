import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { newSecret, sign } from './secret'

// bar 169
test('the signature of the published vector', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  expect(sign(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  )
})

// bar 170
test('whatever is sent, the official library makes the same signature', () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 1, max: 4_000_000_000 }), (body, timestamp) => {
      const secret = newSecret()
      const theirs = new Webhook(secret).sign('msg_1', new Date(timestamp * 1000), body)
      return sign(secret, 'msg_1', timestamp, body) === theirs
    }),
  )
})

// bar 171
test('secrets have 32 bytes, and no two are the same', () => {
  const secrets = new Set(Array.from({ length: 1000 }, newSecret))
  expect(secrets.size).toBe(1000)
  for (const secret of secrets) expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32)
})
