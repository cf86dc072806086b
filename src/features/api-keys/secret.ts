/** What our keys begin with: people and secret scanners recognise them by it. */
const PREFIX = 'sk_'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 36 of 62 characters are 214 bits. */
const RANDOM_LENGTH = 36
const CHECKSUM_LENGTH = 6
const SHAPE = /^sk_[0-9A-Za-z]{42}$/

/** `sk_`, 214 random bits, and a checksum that tells a typo or a truncated copy without asking the database. */
export const newSecret = (): string => {
  const body = PREFIX + randomLetters(RANDOM_LENGTH)
  return body + checksum(body)
}

/** False for whatever cannot be one of our keys. */
export const looksRight = (secret: string): boolean =>
  SHAPE.test(secret) && checksum(secret.slice(0, -CHECKSUM_LENGTH)) === secret.slice(-CHECKSUM_LENGTH)

/** The ends of a secret that are shown in lists: too little to be of use. */
export const endsOf = (secret: string) => ({ prefix: secret.slice(0, PREFIX.length + 4), last4: secret.slice(-4) })

const randomLetters = (length: number): string => {
  let letters = ''
  while (letters.length < length) {
    // Bytes beyond the last whole 62 would favour the first letters.
    for (const byte of crypto.getRandomValues(new Uint8Array(length)))
      if (byte < 248 && letters.length < length) letters += ALPHABET[byte % ALPHABET.length]
  }
  return letters
}

/** CRC-32 in base 62: against accidents, not against people. */
const checksum = (text: string): string => {
  let rest = Bun.hash.crc32(text)
  let letters = ''
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    letters = ALPHABET[rest % ALPHABET.length] + letters
    rest = Math.floor(rest / ALPHABET.length)
  }
  return letters
}
