import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import { type App, type Identity, later, minutes, type RecordedEvent, seconds, type SignedActor, systemContext } from '#core'
import { bookkeeping, prepared } from '#db'
import { httpFailures, isSameSite } from '#http'
import { isBanned, knownById, permissionsOf } from '#features/users'
import { users } from '../users/schema'
import { accessTokens } from './access-token'
import { cookieNames, readCookie } from './cookies'
import { failures } from './failures'
import { sessions } from './schema'

/** How long a session's state may be answered from memory. What this process changes is dropped at once. */
const MEMORY = seconds(1)
const REMEMBERED = 10_000
/** `lastSeenAt` is written no more often than this. */
const SEEN_EVERY = minutes(5)

interface Known {
  actor: SignedActor
  at: number
}

const liveSession = prepared((db) =>
  db
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, sql.placeholder('id')), isNull(sessions.revokedAt), gt(sessions.expiresAt, sql.placeholder('now'))))
    .prepare(),
)

/** Recognises access tokens, as bearer or cookie, and holds them against the session's state on every request. */
export const authenticate = (app: App) => {
  const verify = accessTokens(app)
  const known = new Map<string, Known>()
  const names = cookieNames(app.config)

  app.bus.subscribe('journal', (message) => {
    const event = message as Pick<RecordedEvent, 'type' | 'userId'>
    if (event.type.startsWith('role.')) known.clear()
    else if (event.userId) for (const [id, { actor }] of known) if (actor.userId === event.userId) known.delete(id)
  })

  const actorOf = async (sessionId: string, userId: string): Promise<SignedActor> => {
    const now = app.clock.now()
    const fresh = known.get(sessionId)
    if (fresh && Math.abs(now.getTime() - fresh.at) < MEMORY && fresh.actor.userId === userId) return fresh.actor
    const actor = await load(app, sessionId, userId, now)
    if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? '')
    known.set(sessionId, { actor, at: now.getTime() })
    return actor
  }

  return async (request: Request): Promise<Identity | undefined> => {
    const header = request.headers.get('authorization')
    const cookie = header === null ? readCookie(request.headers.get('cookie'), names.access) : undefined
    const token = cookie ?? bearer(header)
    if (!token) {
      if (header !== null) throw failures.INVALID_ACCESS_TOKEN()
      return undefined
    }
    const claims = await verify(token)
    if (!claims) throw failures.INVALID_ACCESS_TOKEN()
    if (cookie && !isSameSite(app.config, request)) throw httpFailures.CROSS_SITE_REQUEST()
    return { actor: await actorOf(claims.sessionId, claims.userId) }
  }
}

const bearer = (header: string | null) => (header?.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : undefined)

const load = async (app: App, sessionId: string, userId: string, now: Date): Promise<SignedActor> => {
  const session = await liveSession(app.db).get({ id: sessionId, now: now.getTime() })
  const user = session && session.userId === userId ? await knownById(app, userId) : undefined
  if (!session || !user || isBanned(user, now)) throw failures.INVALID_ACCESS_TOKEN()
  if (later(session.lastSeenAt, SEEN_EVERY) < now) noteSeen(app, sessionId, userId)
  const person = { userId, name: user.name, role: user.role, emailVerified: user.emailVerifiedAt !== null, permissions: new Set(await permissionsOf(app.db, user.role)) }
  if (session.adminId) return { type: 'impersonator', sessionId, adminId: session.adminId, ...person }
  return { type: 'user', sessionId, provedAt: session.provedAt, ...person }
}

/** Not awaited: a request never waits for, or fails with, a note about itself. */
const noteSeen = (app: App, sessionId: string, userId: string) => {
  const ctx = systemContext(app, 'last-seen')
  bookkeeping(ctx, async (tx) => {
    await tx.update(sessions).set({ lastSeenAt: ctx.now }).where(and(eq(sessions.id, sessionId), lt(sessions.lastSeenAt, later(ctx.now, -SEEN_EVERY))))
    await tx.update(users).set({ lastSeenAt: ctx.now }).where(eq(users.id, userId))
  }).catch((error: unknown) => app.log.warn({ error: String(error) }, 'last seen was not noted'))
}
