import { and, eq } from 'drizzle-orm'
import { keyedDigest, type Tx } from '#core'
import { changed } from '#db'
import { backupCodes } from './schema'

const COUNT = 10
/** Crockford's base32: nothing that looks like something else. Ten of them are 50 bits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 10

const newCode = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => ALPHABET[byte % ALPHABET.length]).join('')

/** A code as it was meant: the letters that Crockford leaves out are what they look like. */
const canonical = (code: string) => code.toLowerCase().replaceAll('o', '0').replace(/[il]/g, '1')

/** Keyed with the TOTP secret: who has the database alone cannot try codes, and who has that secret needs none. */
const digestOf = (secret: string, userId: string, code: string) =>
  keyedDigest(secret, `backup-code/${userId}/${canonical(code)}`)

/** Ten new codes as `xxxxx-xxxxx`, to be shown once; the ones before are dead. */
export const replaceCodes = async (tx: Tx, userId: string, secret: string): Promise<string[]> => {
  const codes = Array.from({ length: COUNT }, newCode)
  await dropCodes(tx, userId)
  await tx.insert(backupCodes).values(codes.map((code) => ({ userId, digest: digestOf(secret, userId, code) })))
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
}

/** Uses a code up in one statement. True if it was one; `code` comes without blanks and dashes. */
export const consumeCode = async (tx: Tx, userId: string, secret: string, code: string): Promise<boolean> => {
  const mine = and(eq(backupCodes.userId, userId), eq(backupCodes.digest, digestOf(secret, userId, code)))
  return changed(await tx.delete(backupCodes).where(mine)) === 1
}

export const dropCodes = (tx: Tx, userId: string) => tx.delete(backupCodes).where(eq(backupCodes.userId, userId))

/** How many codes a person has left. */
export const codesLeft = (db: Pick<Tx, '$count'>, userId: string): Promise<number> =>
  Promise.resolve(db.$count(backupCodes, eq(backupCodes.userId, userId)))
