import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import { type App, holds, later, minutes, type RecordedEvent, type SignedActor, seconds, systemContext } from '#core'
import { bookkeeping, prepared } from '#db'
import { isBanned, knownById, permissionsOf } from '#features/users'
import { users } from '../users/schema'
import type { AccessClaims } from './access-token'
import { failures } from './failures'
import { sessions } from './schema'

/** How long a session's state may be answered from memory. What this process changes is dropped at once. */
const MEMORY = seconds(1)
/** People whose sessions are remembered. */
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
    .where(
      and(
        eq(sessions.id, sql.placeholder('id')),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, sql.placeholder('now')),
      ),
    )
    .prepare(),
)

/** Tells whose session an access token stands for. Throws INVALID_ACCESS_TOKEN once it, or its person, has ended. */
export const liveSessions = (app: App) => {
  const people = new Map<string, Map<string, Known>>()
  let changes = 0

  app.bus.subscribe('journal', (message) => {
    const { type, userId } = message as Pick<RecordedEvent, 'type' | 'userId'>
    changes += 1
    if (type.startsWith('role.')) people.clear()
    else if (userId) people.delete(userId)
  })

  // Some changes may not have been heard of.
  app.bus.subscribe('gap', () => {
    changes += 1
    people.clear()
  })

  const remember = (userId: string, sessionId: string, known: Known) => {
    const mine = people.get(userId) ?? new Map<string, Known>()
    if (people.size >= REMEMBERED) people.delete(people.keys().next().value ?? '')
    people.set(userId, mine.set(sessionId, known))
  }

  return async ({ sessionId, userId }: AccessClaims): Promise<SignedActor> => {
    const now = app.clock.now()
    const fresh = people.get(userId)?.get(sessionId)
    if (fresh && Math.abs(now.getTime() - fresh.at) < MEMORY) return fresh.actor
    const before = changes
    const actor = await load(app, sessionId, userId, now)
    // What was read may have ended while it was read: then it holds for this request, and is not kept for the next.
    // Nor is somebody in another's place: that ends with what happens to either of them.
    if (changes === before && actor.type === 'user') remember(userId, sessionId, { actor, at: now.getTime() })
    return actor
  }
}

const load = async (app: App, sessionId: string, userId: string, now: Date): Promise<SignedActor> => {
  const session = await liveSession(app.db).get({ id: sessionId, now: now.getTime() })
  const user = session && session.userId === userId ? await knownById(app, userId) : undefined
  if (!session || !user || isBanned(user, now)) throw failures.INVALID_ACCESS_TOKEN()
  if (session.adminId && !(await mayImpersonate(app, session.adminId, now))) throw failures.INVALID_ACCESS_TOKEN()
  if (!session.adminId && later(session.lastSeenAt, SEEN_EVERY) < now) noteSeen(app, sessionId, userId)
  const person = {
    userId,
    name: user.name,
    role: user.role,
    emailVerified: user.emailVerifiedAt !== null,
    permissions: new Set(await permissionsOf(app.db, user.role)),
  }
  if (session.adminId) return { type: 'impersonator', sessionId, adminId: session.adminId, ...person }
  return { type: 'user', sessionId, provedAt: session.provedAt, ...person }
}

/** Whoever acts in somebody's place needs the right to it all along. */
const mayImpersonate = async (app: App, adminId: string, now: Date): Promise<boolean> => {
  const admin = await knownById(app, adminId)
  if (!admin || isBanned(admin, now)) return false
  return holds(new Set(await permissionsOf(app.db, admin.role)), 'users:impersonate')
}

/** Not awaited: a request never waits for, or fails with, a note about itself. */
const noteSeen = (app: App, sessionId: string, userId: string) => {
  const ctx = systemContext(app, 'last-seen')
  bookkeeping(ctx, async (tx) => {
    await tx
      .update(sessions)
      .set({ lastSeenAt: ctx.now })
      .where(and(eq(sessions.id, sessionId), lt(sessions.lastSeenAt, later(ctx.now, -SEEN_EVERY))))
    await tx.update(users).set({ lastSeenAt: ctx.now }).where(eq(users.id, userId))
  }).catch((error: unknown) => app.log.warn({ error: String(error) }, 'last seen was not noted'))
}
