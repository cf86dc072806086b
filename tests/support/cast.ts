import { eq } from 'drizzle-orm'
import type { App } from '#core'
import { users } from '../../src/features/users/schema'
import { type Caller, type Client, client, type Json } from './client'
import type { Mailbox } from './mail'

export interface Person extends Client {
  name: string
  email: string
  password: string
  /** What the API says of this person. Signs up and in when it has not happened yet. */
  user(): Promise<Json>
  id(): Promise<string>
  /** The tokens of the current session. */
  tokens(): Promise<{ accessToken: string; refreshToken: string }>
  /** Signs in anew, say after the clock has moved. Returns the tokens. */
  signIn(password?: string): Promise<{ accessToken: string; refreshToken: string; user: Json }>
}

export interface Traits {
  /** A role's name; it is in the row before the person first signs in. */
  role?: string
  /** False leaves the address unverified. */
  verified?: boolean
  password?: string
}

/** About nobody, and quickly judged. */
export const PASSWORD = 'xkvq7-mzrp9-wt'

/** Somebody who signs up through the API with the first request. */
export const personOf = (app: App, caller: Caller, mail: Mailbox, name: string, traits: Traits = {}): Person => {
  const email = `${name}@example.com`
  const password = traits.password ?? PASSWORD
  const stranger = client({ ...caller, base: '/api/v1', credentials: () => ({}) })
  let session: Promise<Json> | undefined

  const signUp = async () => {
    await stranger.post('/auth/register', { email, password, name: name[0]?.toUpperCase() + name.slice(1) }).json()
    if (traits.verified !== false)
      await stranger.post('/auth/verify-email', { token: await mail.secret(email, 'verify_email') }).json()
    if (traits.role) await promote(app, email, traits.role)
    return signIn(password)
  }
  const signIn = (word: string) => stranger.post('/auth/login', { email, password: word }).json()
  const current = () => (session ??= signUp())

  const person = client({
    ...caller,
    credentials: async () => ({ authorization: `Bearer ${(await current()).accessToken}` }),
  })
  return {
    ...person,
    name,
    email,
    password,
    user: async () => (await current()).user,
    id: async () => (await current()).user.id,
    tokens: current,
    signIn: async (word = password) => {
      await current()
      session = signIn(word)
      return session
    },
  }
}

const promote = (app: App, email: string, role: string) =>
  app.database.transaction(async (tx) => void (await tx.update(users).set({ role }).where(eq(users.email, email))), {
    bookkeeping: true,
  })
