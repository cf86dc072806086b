import { and, desc, eq, gt, inArray, isNull, ne } from 'drizzle-orm'
import { type Context, days, digest, later, newId, randomToken, type Signed, type Tx } from '#core'
import { journal, type PageRequest, paginate, transaction } from '#db'
import { deviceOf } from './device'
import { sessionCreated, sessionRevoked } from './events'
import { failures } from './failures'
import { refreshTokens, type Session, sessions } from './schema'

export const SESSION_LIFETIME = days(30)
/** A session that is neither used nor refreshed for this long is over. */
export const IDLE_LIFETIME = days(7)
/** Sessions per person; the oldest ends when one more begins. */
const MAX_SESSIONS = 50

/** Opens a session in the caller's transaction. Returns it with its first refresh token. */
export const openSession = async (tx: Tx, ctx: Context, userId: string) => {
  const session: Session = {
    id: newId(),
    userId,
    adminId: null,
    ip: ctx.ip,
    userAgent: ctx.userAgent,
    createdAt: ctx.now,
    lastSeenAt: ctx.now,
    provedAt: ctx.now,
    expiresAt: later(ctx.now, SESSION_LIFETIME),
    revokedAt: null,
  }
  await makeRoom(tx, ctx, userId)
  await tx.insert(sessions).values(session)
  const refreshToken = randomToken()
  await storeRefreshToken(tx, ctx, session, refreshToken)
  await journal.record(tx, ctx, sessionCreated, { userId, sessionId: session.id, device: deviceOf(ctx.userAgent) })
  return { session, refreshToken }
}

const makeRoom = async (tx: Tx, ctx: Context, userId: string) => {
  const surplus = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(ofPerson(ctx, userId))
    .orderBy(desc(sessions.createdAt), desc(sessions.id))
    .limit(MAX_SESSIONS)
    .offset(MAX_SESSIONS - 1)
  await end(tx, ctx, userId, 'too many', surplus)
}

/** Keeps a refresh token's digest. It is good for as long as the session, and no longer than the idle lifetime. */
export const storeRefreshToken = (tx: Tx, ctx: Context, session: Session, refreshToken: string) =>
  tx.insert(refreshTokens).values({
    digest: digest(refreshToken),
    sessionId: session.id,
    createdAt: ctx.now,
    expiresAt: new Date(Math.min(later(ctx.now, IDLE_LIFETIME).getTime(), session.expiresAt.getTime())),
  })

/** A person's live sessions, newest first; the caller's own unless told whose. Throws VALIDATION_FAILED for a cursor of another list. */
export const listSessions = (ctx: Signed, query: PageRequest, userId = ctx.actor.userId) =>
  paginate(ctx, query, {
    from: sessions,
    where: ofPerson(ctx, userId),
    filter: userId,
    sort: { createdAt: sessions.createdAt, lastSeenAt: sessions.lastSeenAt },
    id: sessions.id,
    view: (session) => ({
      id: session.id,
      current: ctx.actor.type === 'user' && ctx.actor.sessionId === session.id,
      device: deviceOf(session.userAgent),
      ip: session.ip,
      createdAt: session.createdAt.toISOString(),
      lastSeenAt: session.lastSeenAt.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
    }),
  })

/** Ends one of the caller's sessions. Throws SESSION_NOT_FOUND if it is not theirs or over. */
export const revokeSession = (ctx: Signed, id: string) =>
  transaction(ctx, async (tx) => {
    const ended = await revokeSessions(tx, ctx, ctx.actor.userId, 'revoked', { only: id })
    if (ended.length === 0) throw failures.SESSION_NOT_FOUND()
  })

/** Ends all of the caller's sessions, or all but the one in use. */
export const logoutAll = (ctx: Signed, keepCurrent: boolean) =>
  transaction(ctx, (tx) =>
    revokeSessions(
      tx,
      ctx,
      ctx.actor.userId,
      'logout_all',
      keepCurrent && ctx.actor.type === 'user' ? { except: ctx.actor.sessionId } : {},
    ),
  )

/**
 * Ends a person's live sessions in the caller's transaction: their access tokens fail with the next request.
 * Returns the ids; records one event if there were any.
 */
export const revokeSessions = async (
  tx: Tx,
  ctx: Context,
  userId: string,
  reason: string,
  which: { only?: string; except?: string } = {},
): Promise<string[]> => {
  const only = which.only === undefined ? undefined : eq(sessions.id, which.only)
  const except = which.except === undefined ? undefined : ne(sessions.id, which.except)
  const rows = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(alive(ctx, userId), only, except))
  if (which.only === undefined) await endImpersonations(tx, ctx, userId, reason)
  return await end(tx, ctx, userId, reason, rows)
}

/** Whoever ends all their sessions did not mean to go on in somebody else's place. */
const endImpersonations = async (tx: Tx, ctx: Context, adminId: string, reason: string) => {
  const rows = await tx
    .select({ id: sessions.id, userId: sessions.userId })
    .from(sessions)
    .where(and(eq(sessions.adminId, adminId), isNull(sessions.revokedAt), gt(sessions.expiresAt, ctx.now)))
  for (const row of rows) await end(tx, ctx, row.userId, reason, [row])
}

/**
 * Makes sure in the caller's transaction that the session the request came with has not ended since it was admitted: a
 * password reset may have run in between, and nothing that a thief began must survive it. Throws INVALID_ACCESS_TOKEN.
 */
export const requireSession = async (tx: Tx, ctx: Signed): Promise<void> => {
  const { actor } = ctx
  if (actor.type === 'api-key') return
  const mine = and(alive(ctx, actor.userId), eq(sessions.id, actor.sessionId))
  const [session] = await tx.select({ id: sessions.id }).from(sessions).where(mine)
  if (!session) throw failures.INVALID_ACCESS_TOKEN()
}

const end = async (tx: Tx, ctx: Context, userId: string, reason: string, which: { id: string }[]) => {
  const ids = which.map(({ id }) => id)
  if (ids.length === 0) return ids
  await tx.update(sessions).set({ revokedAt: ctx.now }).where(inArray(sessions.id, ids))
  await tx.delete(refreshTokens).where(inArray(refreshTokens.sessionId, ids))
  await journal.record(tx, ctx, sessionRevoked, { userId, sessionIds: ids, reason })
  return ids
}

const alive = (ctx: Context, userId: string) =>
  and(eq(sessions.userId, userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, ctx.now))

/** Sessions that the person opened and still uses; not those of an admin in their place. */
export const ofPerson = (ctx: Context, userId: string) =>
  and(alive(ctx, userId), isNull(sessions.adminId), gt(sessions.lastSeenAt, later(ctx.now, -IDLE_LIFETIME)))
