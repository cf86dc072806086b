import { and, asc, eq, gt, isNotNull, isNull, lte, or } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import type { Thinning } from './port'
import { isOfType } from './read'
import { events, journalRetention } from './schema'

/** Rows removed, or looked at, in one transaction. */
const AT_ONCE = 1_000

/**
 * Blanks what is held about a person: the content of rows about them, the origin of what they did themselves. What an
 * admin wrote about others, and from where, stays.
 */
export const erase = async (tx: Tx, userId: string): Promise<void> => {
  const isSubject = and(eq(events.subjectType, 'user'), eq(events.subjectId, userId))
  await tx
    .update(events)
    .set({ payload: null, subjectLabel: null, contentSalt: null })
    .where(and(isNotNull(events.contentSalt), or(eq(events.userId, userId), isSubject)))
  // Who signs up or asks for a password link is nobody yet: their address is in a row about the person.
  const unknownActor = and(eq(events.userId, userId), eq(events.actorType, 'anonymous'))
  const actedAlone = and(eq(events.actorId, userId), isNull(events.impersonatorId))
  await tx
    .update(events)
    .set({ ip: null, userAgent: null, originSalt: null })
    .where(and(isNotNull(events.originSalt), or(actedAlone, eq(events.impersonatorId, userId), unknownActor)))
}

/** Removes the oldest rows and keeps where the chain goes on. See the port. */
export const retire = async (tx: Tx, ctx: Pick<Context, 'now'>, before: Date): Promise<number> => {
  const rows = await tx
    .select({ seq: events.seq, hash: events.hash, createdAt: events.createdAt })
    .from(events)
    .orderBy(asc(events.seq))
    .limit(AT_ONCE)
  // Only from the beginning on: a row made while the clock was wrong must not tear a hole.
  const end = rows.findIndex((row) => row.createdAt >= before)
  const last = rows[(end === -1 ? rows.length : end) - 1]
  if (!last) return 0
  await tx.insert(journalRetention).values({ seq: last.seq, hash: last.hash, retiredAt: ctx.now })
  await tx.delete(events).where(lte(events.seq, last.seq))
  return end === -1 ? rows.length : end
}

/** Blanks rows that are not worth keeping whole any longer. See the port. */
export const thin = async (tx: Tx, { types, after, before }: Thinning): Promise<{ thinned: number; upTo: number }> => {
  const rows = await tx
    .select({ seq: events.seq, createdAt: events.createdAt })
    .from(events)
    .where(gt(events.seq, after))
    .orderBy(asc(events.seq))
    .limit(AT_ONCE)
  const end = rows.findIndex((row) => row.createdAt >= before)
  const last = rows[(end === -1 ? rows.length : end) - 1]
  if (!last) return { thinned: 0, upTo: after }
  const whole = or(isNotNull(events.contentSalt), isNotNull(events.originSalt))
  const thinned = await tx
    .update(events)
    .set({ payload: null, subjectLabel: null, contentSalt: null, ip: null, userAgent: null, originSalt: null })
    .where(and(gt(events.seq, after), lte(events.seq, last.seq), or(...types.map(isOfType)), whole))
    .returning({ seq: events.seq })
  return { thinned: thinned.length, upTo: last.seq }
}
