import { and, eq, isNull } from 'drizzle-orm'
import type { Signed } from '#core'
import { journal, transaction } from '#db'
import { get } from '#features/users'
import type { Account } from './account'
import { checkPassword } from './check-password'
import { sessionProved } from './events'
import { failures } from './failures'
import { sessions } from './schema'

/**
 * Makes the caller prove their password once more, and their second factor if they have one. Throttled like sign-in.
 * What follows in a transaction of its own has to ask `requireSession` there: a reset may have come between.
 * Throws INVALID_CREDENTIALS, RATE_LIMITED, and what the second factor throws.
 */
export const prove = async (
  ctx: Signed,
  password: string,
  secondFactor: { code?: string } | 'not asked' = {},
): Promise<Account> => {
  const { email } = await get(ctx, ctx.actor.userId)
  const account = await checkPassword(ctx, 'session', email, password)
  if (account.user.id !== ctx.actor.userId) throw failures.INVALID_CREDENTIALS()
  if (secondFactor === 'not asked') return account
  for (const feature of ctx.features) await feature.signInCheck?.confirm(ctx, account.user.id, secondFactor.code)
  return account
}

/** Opens the dangerous routes to this session for 15 minutes. Throws like `prove`, and INVALID_ACCESS_TOKEN. */
export const stepUp = async (ctx: Signed, password: string, code?: string): Promise<void> => {
  const { actor } = ctx
  if (actor.type !== 'user') throw failures.SESSION_NOT_FOUND()
  await prove(ctx, password, { code })
  await transaction(ctx, async (tx) => {
    const live = and(eq(sessions.id, actor.sessionId), isNull(sessions.revokedAt))
    const [proved] = await tx.update(sessions).set({ provedAt: ctx.now }).where(live).returning()
    if (!proved) throw failures.INVALID_ACCESS_TOKEN()
    await journal.record(tx, ctx, sessionProved, { userId: actor.userId, sessionId: actor.sessionId })
  })
}
