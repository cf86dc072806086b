import { eq } from 'drizzle-orm'
import type { Signed } from '#core'
import { bookkeeping, journal, transaction } from '#db'
import { get, type User } from '#features/users'
import { sessionProved } from './events'
import { failures } from './failures'
import { sessions } from './schema'
import { checkPassword } from './sign-in'
import { forgiveAttempts, returnAttempt } from './throttle'

/**
 * Makes the caller prove their password once more, and their second factor if they have one. Throttled like sign-in.
 * Throws INVALID_CREDENTIALS, RATE_LIMITED, and what the second factor throws.
 */
export const prove = async (ctx: Signed, password: string, secondFactor: { code?: string } | 'not asked' = {}): Promise<User> => {
  const { email } = await get(ctx, ctx.actor.userId)
  const { user } = await checkPassword(ctx, email, password)
  if (user.id !== ctx.actor.userId) throw failures.INVALID_CREDENTIALS()
  if (secondFactor !== 'not asked') for (const feature of ctx.features) await feature.signInCheck?.confirm(ctx, user.id, secondFactor.code)
  await bookkeeping(ctx, async (tx) => {
    await returnAttempt(tx, ctx, email)
    await forgiveAttempts(tx, email)
  })
  return user
}

/** Opens the dangerous routes to this session for 15 minutes. Throws like `prove`. */
export const stepUp = async (ctx: Signed, password: string, code?: string) => {
  await prove(ctx, password, { code })
  const { actor } = ctx
  if (actor.type !== 'user') throw failures.SESSION_NOT_FOUND()
  await transaction(ctx, async (tx) => {
    await tx.update(sessions).set({ provedAt: ctx.now }).where(eq(sessions.id, actor.sessionId))
    await journal.record(tx, ctx, sessionProved, { userId: actor.userId, sessionId: actor.sessionId })
  })
}
