import { eq, sql } from 'drizzle-orm'
import type { Context, Signed, Tx } from '#core'
import { isUnique, journal, transaction } from '#db'
import { canonicalEmail, findByEmail, findById, type User } from '#features/users'
import { sendMail } from '#mail'
import { users } from '../users/schema'
import { emailChanged, emailChangeRequested, emailReverted } from './events'
import { failures } from './failures'
import { alreadyRegisteredMail, confirmEmailChangeMail, emailChangedMail } from './mails'
import { consumeToken, dropTokens, issueToken } from './one-time-token'
import { sendReset } from './password'
import { prove } from './prove'
import { revokeSessions } from './sessions'
import { mayMail } from './throttle'

/**
 * Asks for another address: it counts once the link mailed there is confirmed. A taken address answers the same and its
 * owner is mailed. Throws INVALID_CREDENTIALS, RATE_LIMITED, and what a second factor throws.
 */
export const changeEmail = async (ctx: Signed, input: { email: string; password: string; code?: string }): Promise<void> => {
  const newEmail = canonicalEmail(input.email)
  const user = await prove(ctx, input.password, { code: input.code })
  if (newEmail === user.email) return
  await transaction(ctx, async (tx) => {
    await journal.record(tx, ctx, emailChangeRequested, { userId: user.id })
    if (!(await mayMail(tx, ctx, 'email-change', newEmail))) return
    const owner = await findByEmail(tx, newEmail)
    if (owner) return void (await sendMail(tx, ctx, alreadyRegisteredMail, { userId: owner.id }))
    const token = await issueToken(tx, ctx, 'confirm_email_change', { userId: user.id, email: user.email, newEmail })
    await sendMail(tx, ctx, confirmEmailChangeMail, { userId: user.id, tokenId: token.id })
  })
}

/** Makes the new address count, and mails the old one how to take it back. Throws INVALID_TOKEN. */
export const confirmEmailChange = (ctx: Context, secret: string): Promise<User> =>
  orInvalid(
    transaction(ctx, async (tx) => {
      const token = await consumeToken(tx, ctx, 'confirm_email_change', secret)
      const user = token.userId ? await findById(tx, token.userId) : undefined
      if (!user || user.email !== token.email || !token.newEmail) throw failures.INVALID_TOKEN()
      const changed = await moveTo(tx, ctx, user, token.newEmail)
      await dropTokens(tx, user.id, ['reset_password'])
      await journal.record(tx, ctx, emailChanged, { userId: user.id, before: user.email, after: changed.email })
      const revert = await issueToken(tx, ctx, 'revert_email_change', { userId: user.id, email: changed.email, newEmail: user.email })
      await sendMail(tx, ctx, emailChangedMail, { userId: user.id, tokenId: revert.id })
      return changed
    }),
  )

/**
 * Goes back to the address before. Whoever changed it knew the password, so all sessions end and a reset is mailed to
 * the address that is back. Throws INVALID_TOKEN.
 */
export const revertEmailChange = (ctx: Context, secret: string): Promise<User> =>
  orInvalid(
    transaction(ctx, async (tx) => {
      const token = await consumeToken(tx, ctx, 'revert_email_change', secret)
      const user = token.userId ? await findById(tx, token.userId) : undefined
      if (!user || !token.newEmail) throw failures.INVALID_TOKEN()
      const reverted = await moveTo(tx, ctx, user, token.newEmail)
      await dropTokens(tx, user.id, ['verify_email', 'reset_password', 'confirm_email_change', 'revert_email_change'])
      await journal.record(tx, ctx, emailReverted, { userId: user.id, before: user.email, after: reverted.email })
      await revokeSessions(tx, ctx, user.id, 'email_reverted')
      await sendReset(tx, ctx, reverted)
      return reverted
    }),
  )

const moveTo = async (tx: Tx, ctx: Context, user: User, email: string): Promise<User> => {
  const [moved] = await tx.update(users).set({ email, emailVerifiedAt: ctx.now, updatedAt: ctx.now, version: sql`${users.version} + 1` }).where(eq(users.id, user.id)).returning()
  if (!moved) throw failures.INVALID_TOKEN()
  return moved
}

/** An address that somebody else took meanwhile makes the link useless, and says no more than that. */
const orInvalid = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw isUnique(error) ? failures.INVALID_TOKEN() : error
  }
}
