import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** What an encrypted file begins with. */
export const SEALED = Buffer.from('KEELENC1')
const SALT_BYTES = 16
const CHUNK = 1024 * 1024
const TAG_BYTES = 16

type Bytes = AsyncIterable<Uint8Array>

/**
 * AES-256-GCM over a stream of any length: each MiB is sealed by itself under a nonce that counts and marks the last one,
 * so that nothing can be altered, moved, left out or cut off (the STREAM construction). One key per file, from HKDF.
 */
export const seal = (secret: string) =>
  async function* (source: Bytes): AsyncGenerator<Uint8Array> {
    const salt = randomBytes(SALT_BYTES)
    const key = keyOf(secret, salt)
    yield Buffer.concat([SEALED, salt])
    let counter = 0
    for await (const { bytes, last } of pieces(source, CHUNK)) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce(counter++, last))
      yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    }
  }

/** The bytes that were sealed under one of these secrets. Throws if there is none that fits, or anything was changed. */
export const open = (secrets: readonly string[]) =>
  async function* (source: Bytes): AsyncGenerator<Uint8Array> {
    let head = Buffer.alloc(0)
    let key: Buffer | undefined
    let counter = 0
    const body = async function* () {
      for await (const chunk of source) {
        if (head.length >= SEALED.length + SALT_BYTES) {
          yield chunk
          continue
        }
        const joined = Buffer.concat([head, chunk])
        head = joined.subarray(0, SEALED.length + SALT_BYTES)
        if (joined.length > head.length) yield joined.subarray(head.length)
      }
    }
    for await (const { bytes, last } of pieces(body(), CHUNK + TAG_BYTES)) {
      const salt = head.subarray(SEALED.length)
      const decipher = (secret: Buffer) => {
        const gcm = createDecipheriv('aes-256-gcm', secret, nonce(counter, last), { authTagLength: TAG_BYTES })
        gcm.setAuthTag(bytes.subarray(-TAG_BYTES))
        return Buffer.concat([gcm.update(bytes.subarray(0, -TAG_BYTES)), gcm.final()])
      }
      if (key) yield decipher(key)
      else {
        const found = secrets.map((secret) => keyOf(secret, salt)).find((each) => opens(() => decipher(each)))
        if (!found) throw new Error('No key opens it')
        key = found
        yield decipher(found)
      }
      counter += 1
    }
  }

const opens = (attempt: () => unknown) => {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}

const keyOf = (secret: string, salt: Uint8Array) => Buffer.from(hkdfSync('sha256', secret, salt, 'keel/backup', 32))

const nonce = (counter: number, last: boolean) => {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(counter, 7)
  bytes[11] = last ? 1 : 0
  return bytes
}

/** The same bytes in pieces of one size; the last one is marked, may be shorter, and is always there. */
async function* pieces(source: Bytes, size: number): AsyncGenerator<{ bytes: Buffer; last: boolean }> {
  let held: Buffer[] = []
  let length = 0
  for await (const chunk of source) {
    held.push(Buffer.from(chunk))
    length += chunk.byteLength
    // One byte more has to be there before it is known not to be the last.
    while (length > size) {
      const all = held.length === 1 && held[0] ? held[0] : Buffer.concat(held)
      yield { bytes: all.subarray(0, size), last: false }
      held = [all.subarray(size)]
      length -= size
    }
  }
  yield { bytes: Buffer.concat(held), last: true }
}
