import { eq } from 'drizzle-orm'
import type { Context, Signed, Tx } from '#core'
import { journal, transaction } from '#db'
import { canonicalEmail, findByEmail, findById, isBanned, type User } from '#features/users'
import { sendMail } from '#mail'
import { passwordChanged, passwordReset, passwordResetRequested } from './events'
import { failures } from './failures'
import { passwordChangedMail, resetPasswordMail } from './mails'
import { consumeToken, dropTokens, issueToken, peekToken } from './one-time-token'
import { refuseWeak } from './password-policy'
import { prove } from './prove'
import { passwords } from './schema'
import { revokeSessions } from './sessions'
import { forgiveAttempts, mayMail } from './throttle'
import { markVerified } from './verify-email'

/** Mails a reset link if the address belongs to somebody. Never says whether it does. */
export const forgotPassword = async (ctx: Context, email: string): Promise<void> => {
  const user = await findByEmail(ctx.db, canonicalEmail(email))
  if (!user || isBanned(user, ctx.now)) return
  await transaction(ctx, async (tx) => {
    if (await mayMail(tx, ctx, 'reset-password', user.email)) await sendReset(tx, ctx, user)
  })
}

/** Mails a reset link in the caller's transaction; the one before it dies. */
export const sendReset = async (tx: Tx, ctx: Context, user: User) => {
  const token = await issueToken(tx, ctx, 'reset_password', { userId: user.id, email: user.email })
  await journal.record(tx, ctx, passwordResetRequested, { userId: user.id })
  await sendMail(tx, ctx, resetPasswordMail, { userId: user.id, tokenId: token.id })
}

/**
 * Sets a new password by a mailed token and ends everything that the old one opened. On an account whose address was
 * never verified it also throws out whoever registered it: this is the first proof of who owns the address.
 * Throws WEAK_PASSWORD (the token stays good) and INVALID_TOKEN.
 */
export const resetPassword = async (ctx: Context, input: { token: string; password: string }): Promise<void> => {
  const peeked = await peekToken(ctx, 'reset_password', input.token)
  await refuseWeak(ctx, input.password, { email: peeked.email ?? '' })
  const hash = await ctx.passwords.hash(input.password)
  await transaction(ctx, async (tx) => {
    const token = await consumeToken(tx, ctx, 'reset_password', input.token)
    const user = token.userId ? await findById(tx, token.userId) : undefined
    if (!user || user.email !== token.email) throw failures.INVALID_TOKEN()
    await setPassword(tx, ctx, user, hash)
    await journal.record(tx, ctx, passwordReset, { userId: user.id })
    await revokeSessions(tx, ctx, user.id, 'password_reset')
    if (user.emailVerifiedAt) return
    for (const feature of ctx.features) await feature.dropCredentials?.(tx, ctx, user.id)
    await markVerified(tx, ctx, user)
  })
}

/** Changes the caller's password; their other sessions end. Throws INVALID_CREDENTIALS, RATE_LIMITED, WEAK_PASSWORD. */
export const changePassword = async (ctx: Signed, input: { currentPassword: string; newPassword: string }): Promise<void> => {
  const user = await prove(ctx, input.currentPassword, 'not asked')
  await refuseWeak(ctx, input.newPassword, user, '/newPassword')
  const hash = await ctx.passwords.hash(input.newPassword)
  await transaction(ctx, async (tx) => {
    await setPassword(tx, ctx, user, hash)
    await journal.record(tx, ctx, passwordChanged, { userId: user.id })
    await revokeSessions(tx, ctx, user.id, 'password_changed', ctx.actor.type === 'user' ? { except: ctx.actor.sessionId } : {})
  })
}

/** Every way to a new password ends every other token, lifts the throttle and tells the owner. */
const setPassword = async (tx: Tx, ctx: Context, user: User, hash: string) => {
  const row = { hash, changedAt: ctx.now }
  await tx.insert(passwords).values({ userId: user.id, ...row }).onConflictDoUpdate({ target: passwords.userId, set: row })
  await dropTokens(tx, user.id, ['verify_email', 'reset_password', 'confirm_email_change'])
  await forgiveAttempts(tx, user.email)
  await sendMail(tx, ctx, passwordChangedMail, { userId: user.id })
}
