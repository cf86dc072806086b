/** A secret of `bytes` random bytes in base64url, for links, cookies and keys. 32 bytes are 256 bits. */
export const randomToken = (bytes = 32): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64url')

/** What is kept of a secret that only has to be recognised: its SHA-256 in base64url. */
export const digest = (secret: string): string => new Bun.CryptoHasher('sha256').update(secret).digest('base64url')

/** A keyed hash (HMAC-SHA-256) in base64url. */
export const keyedDigest = (key: string, message: string): string =>
  new Bun.CryptoHasher('sha256', key).update(message).digest('base64url')

/** A key for one purpose, derived from the master secret, so that no two uses share a key. */
export const deriveKey = (secret: string, purpose: string): string => keyedDigest(secret, `keel/${purpose}`)
