import { createCipheriv, createDecipheriv } from 'node:crypto'
import { deriveKey, digest } from './token'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Locks short secrets that have to be readable again, such as a shared TOTP secret. */
export interface Sealer {
  /** `bound` is what the secret belongs to, such as a row's id: moved elsewhere it does not open. */
  seal(text: string, bound: string): string
  /** Throws if it was altered or moved, or if its master secret is not in force any more. */
  open(sealed: string, bound: string): string
  /** What everything begins with that is locked under the newest master secret; the rest wants to be sealed anew. */
  readonly prefix: string
}

/** AES-256-GCM under keys for one purpose, derived from the master secrets: the first one seals, all of them open. */
export const sealer = (secrets: readonly string[], purpose: string): Sealer => {
  const keys = secrets.map((secret) => {
    const key = deriveKey(secret, purpose)
    return { prefix: `${digest(key).slice(0, 8)}.`, key: Buffer.from(key, 'base64url') }
  })
  const [newest] = keys
  if (!newest) throw new Error('There is no master secret to seal with')
  return {
    prefix: newest.prefix,
    seal: (text, bound) => {
      const nonce = crypto.getRandomValues(Buffer.alloc(NONCE_BYTES))
      const cipher = createCipheriv(CIPHER, newest.key, nonce).setAAD(Buffer.from(bound))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return newest.prefix + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open: (sealed, bound) => {
      const known = keys.find(({ prefix }) => sealed.startsWith(prefix))
      if (!known) throw new Error('Sealed under a SECRET_KEY that is not in force any more')
      const bytes = Buffer.from(sealed.slice(known.prefix.length), 'base64url')
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv(CIPHER, known.key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(bound))
        .setAuthTag(tag)
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString()
    },
  }
}
