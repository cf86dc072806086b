import { eq } from 'drizzle-orm'
import { type Actor, type Context, digest } from '#core'
import { transaction } from '#db'
import { failures } from './failures'
import { refreshTokens, sessions } from './schema'
import { revokeSessions } from './sessions'

/**
 * Ends the session that the caller is using; in a browser whose access token has run out, the one that its refresh
 * token belongs to. Throws INVALID_REFRESH_TOKEN if that is over.
 */
export const signOut = async (ctx: Context, refreshToken?: string): Promise<void> => {
  const current = refreshToken === undefined ? sessionInUse(ctx.actor) : await sessionOf(ctx, refreshToken)
  if (!current) throw failures.INVALID_REFRESH_TOKEN()
  await transaction(ctx, (tx) => revokeSessions(tx, ctx, current.userId, 'logout', { only: current.sessionId }))
}

const sessionInUse = (actor: Actor) => (actor.type === 'user' || actor.type === 'impersonator' ? actor : undefined)

const sessionOf = async (ctx: Context, refreshToken: string) => {
  const [found] = await ctx.db
    .select({ userId: sessions.userId, sessionId: sessions.id })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(eq(refreshTokens.digest, digest(refreshToken)))
  return found
}
