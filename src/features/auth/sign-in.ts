import { eq } from 'drizzle-orm'
import type { Context, SignInChallenge, Tx } from '#core'
import { transaction } from '#db'
import { canonicalEmail, findById, isBanned, type User } from '#features/users'
import { sendMail } from '#mail'
import { isCurrent, markOf } from './account'
import { checkPassword } from './check-password'
import { fingerprintOf } from './device'
import { failures } from './failures'
import { newDeviceMail } from './mails'
import { knownDevices, type Session } from './schema'
import { openSession, revokeSessions } from './sessions'

export type SignedIn = { user: User; session: Session; refreshToken: string }

/**
 * Signs in with address and password. Answers a challenge instead when a second factor is asked for.
 * Throws INVALID_CREDENTIALS, the same for unknown, wrong, banned and deleted (ASVS 6.3.8), and RATE_LIMITED.
 */
export const signIn = async (
  ctx: Context,
  input: { email: string; password: string },
): Promise<SignedIn | { challenge: SignInChallenge }> => {
  const account = await checkPassword(ctx, 'login', canonicalEmail(input.email), input.password)
  const mark = markOf(account)
  for (const feature of ctx.features) {
    const challenge = await feature.signInCheck?.challenge(ctx, account.user.id, mark)
    if (challenge) return { challenge }
  }
  return await transaction(ctx, async (tx) => {
    const opened = await begin(tx, ctx, account.user.id, mark)
    // A second factor was turned on since it was asked for, which ended all other sessions: this one is late.
    if (opened.user.twoFactorEnabledAt?.getTime() !== account.user.twoFactorEnabledAt?.getTime())
      throw failures.INVALID_CREDENTIALS()
    return opened
  })
}

/**
 * Opens a session for somebody who has proved who they are, ends the one they came with, and mails them if the device
 * is new. `passwordMark` is what the sign-in began with. Throws INVALID_CREDENTIALS if the password was changed, or the
 * person banned or deleted, meanwhile.
 */
export const begin = async (tx: Tx, ctx: Context, userId: string, passwordMark: string): Promise<SignedIn> => {
  const user = await findById(tx, userId)
  const holds = user && !isBanned(user, ctx.now) && (await isCurrent(tx, userId, passwordMark))
  if (!holds) throw failures.INVALID_CREDENTIALS()
  if (ctx.actor.type === 'user') {
    await revokeSessions(tx, ctx, ctx.actor.userId, 'replaced', { only: ctx.actor.sessionId })
  }
  const isNew = await noteDevice(tx, ctx, userId)
  const opened = await openSession(tx, ctx, userId)
  if (isNew) await sendMail(tx, ctx, newDeviceMail, { userId, sessionId: opened.session.id })
  return { user, ...opened }
}

/** Remembers the device. True if the person has signed in before, and never from one like it. */
const noteDevice = async (tx: Tx, ctx: Context, userId: string): Promise<boolean> => {
  const fingerprint = fingerprintOf(ctx.userAgent)
  const known = await tx
    .select({ fingerprint: knownDevices.fingerprint })
    .from(knownDevices)
    .where(eq(knownDevices.userId, userId))
  await tx
    .insert(knownDevices)
    .values({ userId, fingerprint, lastSeenAt: ctx.now })
    .onConflictDoUpdate({ target: [knownDevices.userId, knownDevices.fingerprint], set: { lastSeenAt: ctx.now } })
  return known.length > 0 && !known.some((device) => device.fingerprint === fingerprint)
}
