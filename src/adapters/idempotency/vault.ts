import { createCipheriv, createDecipheriv } from 'node:crypto'
import { deriveKey, keyedDigest } from '#core'
import type { StoredReply } from './port'

const NONCE_BYTES = 12
const TAG_BYTES = 16

export type Sealed = Pick<StoredReply, 'headers' | 'body'>

/** What one master secret can do for keys: name them, and lock their replies (AES-256-GCM, bound to the name). */
export interface Vault {
  idOf(caller: string, key: string): string
  fingerprintOf(request: string): string
  seal(id: string, reply: Sealed): Buffer
  /** Throws if it was altered, or moved to another row. */
  open(id: string, sealed: Buffer): Sealed
}

export const vaultOf = (secret: string): Vault => {
  const names = deriveKey(secret, 'idempotency/names')
  const cipherKey = Buffer.from(deriveKey(secret, 'idempotency/replies'), 'base64url')
  return {
    idOf: (caller, key) => keyedDigest(names, `${caller}\n${key}`),
    fingerprintOf: (request) => keyedDigest(names, request),
    seal: (id, { headers, body }) => {
      const nonce = crypto.getRandomValues(Buffer.alloc(NONCE_BYTES))
      const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce).setAAD(Buffer.from(id))
      const head = Buffer.from(JSON.stringify(headers))
      const length = Buffer.alloc(4)
      length.writeUInt32BE(head.length)
      const sealed = Buffer.concat([cipher.update(Buffer.concat([length, head, body])), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
    },
    open: (id, sealed) => {
      const nonce = sealed.subarray(0, NONCE_BYTES)
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', cipherKey, nonce).setAAD(Buffer.from(id)).setAuthTag(tag)
      const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
      const end = 4 + plain.readUInt32BE(0)
      const headers: StoredReply['headers'] = JSON.parse(plain.toString('utf8', 4, end))
      return { headers, body: new Uint8Array(plain.subarray(end)) }
    },
  }
}
