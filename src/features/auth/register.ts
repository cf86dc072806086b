import { type Context, newId, type Tx } from '#core'
import { isUnique, journal, transaction } from '#db'
import {
  canonicalEmail,
  DEFAULT_ROLE,
  findByEmail,
  indexPerson,
  person,
  type User,
  userRegistered,
} from '#features/users'
import { sendMail } from '#mail'
import { users } from '../users/schema'
import { registrationRepeated } from './events'
import { mayMail, mayMailFirst } from './mail-budget'
import { alreadyRegisteredMail, verifyEmailMail } from './mails'
import { issueToken } from './one-time-token'
import { refuseWeak } from './password-policy'
import { passwords } from './schema'
import { answerLevelly } from './timing'

/** Milliseconds that keeping an account may take, hashing apart: a taken address has less to write. */
const LEVEL = 5

export interface NewAccount {
  email: string
  password: string
  name: string
}

/**
 * Makes an unverified account and mails the link that verifies it. For a taken address nothing changes and its owner is
 * mailed instead; the caller cannot tell which, not by the time it takes either (ASVS 6.3.8). Throws WEAK_PASSWORD.
 */
export const register = async (ctx: Context, input: NewAccount): Promise<void> => {
  const email = canonicalEmail(input.email)
  await refuseWeak(ctx, input.password, { email, name: input.name })
  const hash = await ctx.passwords.hash(input.password)
  await answerLevelly(() => add(ctx, { ...input, email }, hash), LEVEL)
}

const add = async (ctx: Context, input: NewAccount, hash: string) => {
  try {
    await transaction(ctx, async (tx) => {
      const owner = await findByEmail(tx, input.email)
      if (owner) return await tellOwner(tx, ctx, owner)
      const user = await addUser(tx, ctx, input, hash)
      if (await mayMailFirst(tx, ctx, 'verify-email', input.email)) await sendVerification(tx, ctx, user)
    })
  } catch (error) {
    // Another process registered the address between our look and our write: as if we had seen it.
    if (!isUnique(error)) throw error
  }
}

const tellOwner = async (tx: Tx, ctx: Context, owner: User) => {
  if (!(await mayMail(tx, ctx, 'already-registered', owner.email))) return
  await journal.record(tx, ctx, registrationRepeated, { userId: owner.id })
  await sendMail(tx, ctx, alreadyRegisteredMail, { userId: owner.id })
}

/** Adds a person with a password in the caller's transaction. */
export const addUser = async (
  tx: Tx,
  ctx: Context,
  { email, name }: Omit<NewAccount, 'password'>,
  hash: string,
  extra: Partial<User> = {},
): Promise<User> => {
  const [user] = await tx
    .insert(users)
    .values({
      id: newId(),
      email,
      name: name.trim(),
      role: DEFAULT_ROLE,
      createdAt: ctx.now,
      updatedAt: ctx.now,
      ...extra,
    })
    .returning()
  if (!user) throw new Error('A person was not stored')
  await indexPerson(tx, user)
  await tx.insert(passwords).values({ userId: user.id, hash, changedAt: ctx.now })
  await journal.record(tx, ctx, userRegistered, person(user))
  return user
}

/** Mails a fresh verification link; the one before it dies. */
export const sendVerification = async (tx: Tx, ctx: Context, user: User) => {
  const token = await issueToken(tx, ctx, 'verify_email', { userId: user.id, email: user.email })
  await sendMail(tx, ctx, verifyEmailMail, { userId: user.id, tokenId: token.id })
}
