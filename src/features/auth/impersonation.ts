import { type Context, later, newId, type Signed } from '#core'
import { journal, transaction } from '#db'
import { ADMIN_ROLE, findSubordinate, isBanned, type User } from '#features/users'
import { LONGEST_LIFETIME, signAccessToken } from './access-token'
import { sessionImpersonated } from './events'
import { failures } from './failures'
import { type Session, sessions } from './schema'
import { requireSession } from './sessions'

/**
 * Opens somebody's account for whoever helps them: an access token for an hour, and nothing to renew it. It ends with
 * the helper's own right to it; what is done with it is recorded under both names.
 * Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, CANNOT_IMPERSONATE for admins and banned people, INVALID_ACCESS_TOKEN.
 */
export const impersonate = async (
  ctx: Signed,
  userId: string,
  reason: string,
): Promise<{ accessToken: string; expiresIn: number; user: User }> => {
  const opened = await transaction(ctx, async (tx) => {
    await requireSession(tx, ctx)
    const user = await findSubordinate(tx, ctx, userId)
    if (user.role === ADMIN_ROLE || isBanned(user, ctx.now)) throw failures.CANNOT_IMPERSONATE()
    const session = sessionOf(ctx, user, ctx.actor.userId)
    await tx.insert(sessions).values(session)
    await journal.record(tx, ctx, sessionImpersonated, {
      userId,
      sessionId: session.id,
      adminId: ctx.actor.userId,
      reason: reason.trim(),
    })
    return { user, session }
  })
  const accessToken = await signAccessToken(ctx.config, userId, opened.session.id, ctx.now, LONGEST_LIFETIME)
  return { accessToken, expiresIn: LONGEST_LIFETIME / 1000, user: opened.user }
}

const sessionOf = (ctx: Context, user: User, adminId: string): Session => ({
  id: newId(),
  userId: user.id,
  adminId,
  ip: ctx.ip,
  userAgent: ctx.userAgent,
  createdAt: ctx.now,
  lastSeenAt: ctx.now,
  provedAt: ctx.now,
  expiresAt: later(ctx.now, LONGEST_LIFETIME),
  revokedAt: null,
})
