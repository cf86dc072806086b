import type { Context, Signed, Tx } from '#core'
import { journal, transaction } from '#db'
import { canonicalEmail, findByEmail, findById, isBanned, type User } from '#features/users'
import { sendMail } from '#mail'
import { isCurrent, markOf } from './account'
import { forgiveAttempts } from './attempts'
import { passwordChanged, passwordReset, passwordResetRequested } from './events'
import { failures } from './failures'
import { endMailPause, mayMail } from './mail-budget'
import { passwordChangedMail, resetPasswordMail } from './mails'
import { consumeToken, dropTokens, issueToken, peekToken } from './one-time-token'
import { refuseWeak } from './password-policy'
import { prove } from './prove'
import { passwords } from './schema'
import { requireSession, revokeSessions } from './sessions'
import { answerLevelly } from './timing'
import { markVerified } from './verify-email'

/** Mails a reset link if the address belongs to somebody. Never says whether it does, nor takes longer if it does. */
export const forgotPassword = (ctx: Context, email: string): Promise<void> =>
  answerLevelly(async () => {
    const address = canonicalEmail(email)
    await transaction(ctx, async (tx) => {
      const user = await findByEmail(tx, address)
      if (!user || isBanned(user, ctx.now)) return
      if (await mayMail(tx, ctx, 'reset-password', address)) await sendReset(tx, ctx, user)
    })
  })

/** Mails a reset link in the caller's transaction; the one before it dies. */
export const sendReset = async (tx: Tx, ctx: Context, user: User): Promise<void> => {
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
  const owner = peeked.userId ? await findById(ctx.db, peeked.userId) : undefined
  await refuseWeak(ctx, input.password, { email: peeked.email ?? '', name: owner?.name })
  const hash = await ctx.passwords.hash(input.password)
  await transaction(ctx, async (tx) => {
    const token = await consumeToken(tx, ctx, 'reset_password', input.token)
    const user = token.userId ? await findById(tx, token.userId) : undefined
    if (!user || user.email !== token.email) throw failures.INVALID_TOKEN()
    await setPassword(tx, ctx, user, hash)
    await endMailPause(tx, 'reset-password', user.email)
    await journal.record(tx, ctx, passwordReset, { userId: user.id })
    await revokeSessions(tx, ctx, user.id, 'password_reset')
    if (user.emailVerifiedAt) return
    for (const feature of ctx.features) await feature.dropCredentials?.(tx, ctx, user.id)
    await markVerified(tx, ctx, user)
  })
}

/**
 * Changes the caller's password; their other sessions end. Throws INVALID_CREDENTIALS, RATE_LIMITED, WEAK_PASSWORD, and
 * INVALID_ACCESS_TOKEN if a reset ended the session meanwhile.
 */
export const changePassword = async (
  ctx: Signed,
  input: { currentPassword: string; newPassword: string },
): Promise<void> => {
  const account = await prove(ctx, input.currentPassword, 'not asked')
  const { user } = account
  await refuseWeak(ctx, input.newPassword, user, '/newPassword')
  const hash = await ctx.passwords.hash(input.newPassword)
  await transaction(ctx, async (tx) => {
    await requireSession(tx, ctx)
    if (!(await isCurrent(tx, user.id, markOf(account)))) throw failures.INVALID_CREDENTIALS()
    await setPassword(tx, ctx, user, hash)
    await journal.record(tx, ctx, passwordChanged, { userId: user.id })
    const current = ctx.actor.type === 'user' ? { except: ctx.actor.sessionId } : {}
    await revokeSessions(tx, ctx, user.id, 'password_changed', current)
  })
}

/** Every way to a new password ends every other token, lifts the throttle and tells the owner. */
export const setPassword = async (tx: Tx, ctx: Context, user: User, hash: string) => {
  const row = { hash, changedAt: ctx.now }
  await tx
    .insert(passwords)
    .values({ userId: user.id, ...row })
    .onConflictDoUpdate({ target: passwords.userId, set: row })
  await dropTokens(tx, user.id, ['verify_email', 'reset_password', 'confirm_email_change'])
  await forgiveAttempts(tx, user.email)
  await sendMail(tx, ctx, passwordChangedMail, { userId: user.id })
}
