import { and, eq, isNull } from 'drizzle-orm'
import { type Context, digest, keyedDigest, randomToken, seconds, type Tx } from '#core'
import { bookkeeping, journal } from '#db'
import { findById, isBanned, type User } from '#features/users'
import { sendMail } from '#mail'
import { refreshReused } from './events'
import { failures } from './failures'
import { sessionsRevokedMail } from './mails'
import { refreshTokens, type Session, sessions } from './schema'
import { revokeSessions, storeRefreshToken } from './sessions'

/** How long a spent token still gets its successor again: for replies that were lost and tabs that raced. */
export const REUSE_GRACE = seconds(10)

interface Rotated {
  user: User
  session: Session
  refreshToken: string
}

/**
 * Trades a refresh token for its successor (RFC 9700 4.14.2). The parent of the active token gets the same successor
 * again within REUSE_GRACE; anything older betrays a theft and ends the session.
 * Throws INVALID_REFRESH_TOKEN, REFRESH_TOKEN_REUSED.
 */
export const refresh = async (ctx: Context, presented: string): Promise<Rotated> => {
  // Rotation is bookkeeping; only a theft is an event.
  const outcome = await bookkeeping(ctx, (tx) => rotate(tx, ctx, presented))
  // Thrown after the commit: a revocation inside a failed transaction would be undone with it.
  if (outcome === 'invalid') throw failures.INVALID_REFRESH_TOKEN()
  if (outcome === 'reused') throw failures.REFRESH_TOKEN_REUSED()
  return outcome
}

const rotate = async (tx: Tx, ctx: Context, presented: string): Promise<Rotated | 'invalid' | 'reused'> => {
  const [found] = await tx
    .select()
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(eq(refreshTokens.digest, digest(presented)))
  if (!found) return 'invalid'
  const { refresh_tokens: token, sessions: session } = found
  const user = await findById(tx, session.userId)
  if (!user || isBanned(user, ctx.now) || session.revokedAt || session.expiresAt <= ctx.now) return 'invalid'
  if (token.usedAt === null) {
    if (token.expiresAt <= ctx.now) return 'invalid'
    return { user, session, refreshToken: await succeed(tx, ctx, session, presented) }
  }
  const again = await sameSuccessor(tx, ctx, token, presented)
  if (again) return { user, session, refreshToken: again }
  await journal.record(tx, ctx, refreshReused, { userId: user.id, sessionId: session.id })
  await revokeSessions(tx, ctx, user.id, 'refresh_reused', { only: session.id })
  await sendMail(tx, ctx, sessionsRevokedMail, { userId: user.id, sessionId: session.id })
  return 'reused'
}

const succeed = async (tx: Tx, ctx: Context, session: Session, presented: string) => {
  const salt = randomToken()
  const successor = keyedDigest(presented, salt)
  await tx
    .update(refreshTokens)
    .set({ usedAt: ctx.now, successorSalt: salt, successor: digest(successor) })
    .where(eq(refreshTokens.digest, digest(presented)))
  await storeRefreshToken(tx, ctx, session, successor)
  await tx.update(sessions).set({ lastSeenAt: ctx.now }).where(eq(sessions.id, session.id))
  return successor
}

const sameSuccessor = async (tx: Tx, ctx: Context, token: typeof refreshTokens.$inferSelect, presented: string) => {
  if (!token.usedAt || !token.successorSalt || !token.successor) return undefined
  if (ctx.now.getTime() - token.usedAt.getTime() > REUSE_GRACE) return undefined
  const [active] = await tx
    .select()
    .from(refreshTokens)
    .where(and(eq(refreshTokens.digest, token.successor), isNull(refreshTokens.usedAt)))
  return active && keyedDigest(presented, token.successorSalt)
}
