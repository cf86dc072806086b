import { Secret, TOTP } from 'otpauth'
import { seconds } from '#core'
import type { Client, Person, TestApp } from '#tests'

/** The code that an authenticator app shows at this moment. */
export const codeAt = (secret: string, at: Date, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at.getTime() + seconds(30) * steps })

/** Six digits that are no code of this secret around this moment. */
export const wrongCode = (secret: string, at: Date, nth = 0): string => {
  const right = new Set(Array.from({ length: 41 }, (_, i) => codeAt(secret, at, i - 20)))
  const wrong = Array.from({ length: 200 }, (_, i) => String(i * 5003).padStart(6, '0')).filter(
    (code) => !right.has(code),
  )
  return wrong[nth] ?? '000000'
}

/** Somebody with an authenticator app. */
export interface Enrolled {
  secret: string
  backupCodes: string[]
  /** The next code that was not used yet: moves the clock on by a step. */
  code: () => string
  wrong: (nth?: number) => string
  /** What sign-in answers to the right password. */
  challenge: (from?: Client) => Promise<string>
  challenges: (n: number) => Promise<string[]>
}

/** Turns on the second factor through the API. */
export const enrol = async (house: TestApp, person: Person): Promise<Enrolled> => {
  const { secret } = await person.post('/auth/2fa/enable', { password: person.password }).json()
  const { backupCodes } = await person.post('/auth/2fa/verify', { code: codeAt(secret, house.clock.now()) }).json()
  const challenge = async (from = house.anon) => {
    const { mfaToken } = await from.post('/auth/login', { email: person.email, password: person.password }).json()
    return mfaToken
  }
  return {
    secret,
    backupCodes,
    code: () => {
      house.clock.advance(seconds(30))
      return codeAt(secret, house.clock.now())
    },
    wrong: (nth) => wrongCode(secret, house.clock.now(), nth),
    challenge,
    challenges: async (n) => {
      const all: string[] = []
      for (let i = 0; i < n; i++) all.push(await challenge())
      return all
    },
  }
}
