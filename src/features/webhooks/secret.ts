import { perApp, type Sealer, sealer } from '#core'

/** Bytes of a secret; Standard Webhooks asks for 24 to 64. */
const BYTES = 32
const PREFIX = 'whsec_'

/** A new secret, as its receiver needs it. */
export const newSecret = () => PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(BYTES))).toString('base64')

/** What keeps secrets readable for us alone. */
export const vault = perApp((app): Sealer => sealer(app.config.secrets, 'webhook-secret'))

/** The signature of one message (Standard Webhooks, `v1`): HMAC-SHA-256 over id, time in seconds, and the raw body. */
export const sign = (secret: string, id: string, timestamp: number, body: string) => {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  return `v1,${new Bun.CryptoHasher('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
