import { and, eq } from 'drizzle-orm'
import { type Context, Failure, type SignInChallenge, type Tx } from '#core'
import { bookkeeping, journal, transaction } from '#db'
import { canonicalEmail, findByEmail, findById, isBanned, type User } from '#features/users'
import { sendMail } from '#mail'
import { fingerprintOf } from './device'
import { signInFailed } from './events'
import { failures } from './failures'
import { newDeviceMail } from './mails'
import { knownDevices, passwords, type Session } from './schema'
import { openSession, revokeSessions } from './sessions'
import { forgiveAttempts, reserveAttempt, returnAttempt } from './throttle'

export type SignedIn = { user: User; session: Session; refreshToken: string }

/**
 * Signs in with address and password. Answers a challenge instead when a second factor is asked for.
 * Throws INVALID_CREDENTIALS, the same for unknown, wrong, banned and deleted (ASVS 6.3.8), and RATE_LIMITED.
 */
export const signIn = async (ctx: Context, input: { email: string; password: string }): Promise<SignedIn | { challenge: SignInChallenge }> => {
  const { user, hash } = await checkPassword(ctx, canonicalEmail(input.email), input.password)
  for (const feature of ctx.features) {
    const challenge = await feature.signInCheck?.challenge(ctx, user.id)
    if (challenge) return { challenge }
  }
  const fresh = ctx.passwords.outdated(hash) ? await ctx.passwords.hash(input.password) : undefined
  return await transaction(ctx, async (tx) => {
    const [current] = await tx.select().from(passwords).where(eq(passwords.userId, user.id))
    // The password may have been reset while the old one was being checked.
    if (current?.hash !== hash) throw failures.INVALID_CREDENTIALS()
    if (fresh) await tx.update(passwords).set({ hash: fresh }).where(eq(passwords.userId, user.id))
    await returnAttempt(tx, ctx, user.email)
    await forgiveAttempts(tx, user.email)
    return await begin(tx, ctx, user.id)
  })
}

/**
 * Opens a session for somebody who has proved who they are, ends the one they came with, and mails them if the device
 * is new. Throws INVALID_CREDENTIALS if they were banned or deleted meanwhile.
 */
export const begin = async (tx: Tx, ctx: Context, userId: string): Promise<SignedIn> => {
  const user = await findById(tx, userId)
  if (!user || isBanned(user, ctx.now)) throw failures.INVALID_CREDENTIALS()
  if (ctx.actor.type === 'user') await revokeSessions(tx, ctx, ctx.actor.userId, 'replaced', { only: ctx.actor.sessionId })
  const known = await tx.select({ fingerprint: knownDevices.fingerprint }).from(knownDevices).where(eq(knownDevices.userId, userId))
  const fingerprint = fingerprintOf(ctx.userAgent)
  const opened = await openSession(tx, ctx, userId)
  await tx
    .insert(knownDevices)
    .values({ userId, fingerprint, lastSeenAt: ctx.now })
    .onConflictDoUpdate({ target: [knownDevices.userId, knownDevices.fingerprint], set: { lastSeenAt: ctx.now } })
  const isNew = known.length > 0 && !known.some((device) => device.fingerprint === fingerprint)
  if (isNew) await sendMail(tx, ctx, newDeviceMail, { userId, sessionId: opened.session.id }, { userId })
  return { user, ...opened }
}

/**
 * Holds a password against an account, counting the attempt before making it. Throws INVALID_CREDENTIALS, RATE_LIMITED.
 */
export const checkPassword = async (ctx: Context, email: string, password: string): Promise<{ user: User; hash: string }> => {
  await reserveAttempt(ctx, email)
  const user = await findByEmail(ctx.db, email)
  const [stored] = user ? await ctx.db.select().from(passwords).where(and(eq(passwords.userId, user.id))) : []
  const right = await verifyOrGiveBack(ctx, email, password, stored?.hash)
  if (user && stored && right && !isBanned(user, ctx.now)) return { user, hash: stored.hash }
  await transaction(ctx, (tx) => journal.record(tx, ctx, signInFailed, { ...(user ? { userId: user.id } : {}), reason: reasonOf(user, right) }))
  throw failures.INVALID_CREDENTIALS()
}

/** An attempt that was shed for load was never made: it must not count against the account. */
const verifyOrGiveBack = async (ctx: Context, email: string, password: string, hash: string | undefined) => {
  try {
    return await ctx.passwords.verify(password, hash)
  } catch (error) {
    if (error instanceof Failure) await bookkeeping(ctx, (tx) => returnAttempt(tx, ctx, email))
    throw error
  }
}

const reasonOf = (user: User | undefined, right: boolean) => {
  if (!user) return 'unknown address'
  return right ? 'banned' : 'wrong password'
}
