import { eq, sql } from 'drizzle-orm'
import type { Context, Signed, Tx } from '#core'
import { isUnique, journal, transaction } from '#db'
import { canonicalEmail, findByEmail, findById, indexPerson, person, type User, userVerified } from '#features/users'
import { sendMail } from '#mail'
import { users } from '../users/schema'
import { keepAccount } from './account-deletion'
import { emailChanged, emailChangeRequested, emailReverted } from './events'
import { failures } from './failures'
import { mayMail } from './mail-budget'
import { alreadyRegisteredMail, confirmEmailChangeMail, emailChangedMail } from './mails'
import { consumeToken, dropTokens, issueToken } from './one-time-token'
import { sendReset } from './password'
import { prove } from './prove'
import { requireSession, revokeSessions } from './sessions'
import { answerLevelly } from './timing'

interface NewAddress {
  email: string
  password: string
  code?: string
}

/**
 * Asks for another address: it counts once the link mailed there is confirmed. A taken address answers the same and its
 * owner is mailed. Throws INVALID_CREDENTIALS, RATE_LIMITED, and what a second factor throws.
 */
export const changeEmail = async (ctx: Signed, input: NewAddress): Promise<void> => {
  const newEmail = canonicalEmail(input.email)
  const { user } = await prove(ctx, input.password, { code: input.code })
  await answerLevelly(() =>
    transaction(ctx, async (tx) => {
      await requireSession(tx, ctx)
      await journal.record(tx, ctx, emailChangeRequested, { userId: user.id })
      const owner = await findByEmail(tx, newEmail)
      if (owner?.id === user.id) return
      if (owner) return await tellOwner(tx, ctx, owner)
      if (!(await mayMail(tx, ctx, 'email-change', newEmail))) return
      const token = await issueToken(tx, ctx, 'confirm_email_change', { userId: user.id, email: user.email, newEmail })
      await sendMail(tx, ctx, confirmEmailChangeMail, { userId: user.id, tokenId: token.id })
    }),
  )
}

const tellOwner = async (tx: Tx, ctx: Context, owner: User) => {
  if (!(await mayMail(tx, ctx, 'already-registered', owner.email))) return
  await sendMail(tx, ctx, alreadyRegisteredMail, { userId: owner.id })
}

/** Makes the new address count, and mails the old one how to take it back. Throws INVALID_TOKEN. */
export const confirmEmailChange = (ctx: Context, secret: string): Promise<User> =>
  orInvalid(
    transaction(ctx, async (tx) => {
      const token = await consumeToken(tx, ctx, 'confirm_email_change', secret)
      const user = token.userId ? await findById(tx, token.userId) : undefined
      if (!user || user.email !== token.email || !token.newEmail) throw failures.INVALID_TOKEN()
      const changed = await moveTo(tx, ctx, user, token.newEmail)
      await dropTokens(tx, user.id, ['verify_email', 'reset_password'])
      await journal.record(tx, ctx, emailChanged, { userId: user.id, before: user.email, after: changed.email })
      if (user.emailVerifiedAt) await offerWayBack(tx, ctx, user, changed)
      else await journal.record(tx, ctx, userVerified, person(changed))
      return changed
    }),
  )

// Only for an address that was proved: a mistyped one belongs to a stranger, and the way back would hand them the account.
const offerWayBack = async (tx: Tx, ctx: Context, before: User, after: User) => {
  const way = await issueToken(tx, ctx, 'revert_email_change', {
    userId: after.id,
    email: after.email,
    newEmail: before.email,
  })
  await sendMail(tx, ctx, emailChangedMail, { userId: after.id, tokenId: way.id })
}

/**
 * Goes back to the address before and ends all sessions. Whoever changed it knew the password, so a reset is mailed to
 * the address that is back. Throws INVALID_TOKEN.
 */
export const revertEmailChange = (ctx: Context, secret: string): Promise<User> =>
  orInvalid(
    transaction(ctx, async (tx) => {
      const token = await consumeToken(tx, ctx, 'revert_email_change', secret)
      const user = token.userId ? await findById(tx, token.userId) : undefined
      if (!user || !token.newEmail) throw failures.INVALID_TOKEN()
      const reverted = await moveTo(tx, ctx, user, token.newEmail)
      await dropTokens(tx, user.id, ['verify_email', 'reset_password', 'confirm_email_change'])
      // Ways back from before stay open: a thief who moves twice holds the later one, the owner the first.
      await dropTokens(tx, user.id, ['revert_email_change'], token)
      await journal.record(tx, ctx, emailReverted, { userId: user.id, before: user.email, after: reverted.email })
      await revokeSessions(tx, ctx, user.id, 'email_reverted')
      if (user.deletionScheduledAt) await keepAccount(tx, ctx, user.id)
      await sendReset(tx, ctx, reverted)
      return reverted
    }),
  )

const moveTo = async (tx: Tx, ctx: Context, user: User, email: string): Promise<User> => {
  const [moved] = await tx
    .update(users)
    .set({ email, emailVerifiedAt: ctx.now, updatedAt: ctx.now, version: sql`${users.version} + 1` })
    .where(eq(users.id, user.id))
    .returning()
  if (!moved) throw failures.INVALID_TOKEN()
  await indexPerson(tx, moved)
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
