import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, or } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import type { ErasurePlace, Thinning } from './port'
import { isOfType } from './read'
import { events, journalRetention } from './schema'

/** Rows removed, or looked at, in one transaction. */
const AT_ONCE = 1_000
/** Rows blanked in one step of an erasure. */
const ERASED_AT_ONCE = 500

const NO_CONTENT = { payload: null, subjectLabel: null, contentSalt: null }
const NO_ORIGIN = { ip: null, userAgent: null, originSalt: null }

/**
 * How a person's rows are found, each by an index that goes on by `seq`, and what of them is blanked: the content of
 * rows about them, the origin of what they did themselves. What an admin wrote about others, and from where, stays.
 */
const WAYS = [
  { to: (id: string) => eq(events.userId, id), holds: isNotNull(events.contentSalt), blank: NO_CONTENT },
  {
    to: (id: string) => and(eq(events.subjectType, 'user'), eq(events.subjectId, id)),
    holds: isNotNull(events.contentSalt),
    blank: NO_CONTENT,
  },
  {
    to: (id: string) => eq(events.actorId, id),
    holds: and(isNotNull(events.originSalt), isNull(events.impersonatorId)),
    blank: NO_ORIGIN,
  },
  { to: (id: string) => eq(events.impersonatorId, id), holds: isNotNull(events.originSalt), blank: NO_ORIGIN },
  {
    // Who signs up or asks for a password link is nobody yet: their address is in a row about the person.
    to: (id: string) => eq(events.userId, id),
    holds: and(isNotNull(events.originSalt), eq(events.actorType, 'anonymous')),
    blank: NO_ORIGIN,
  },
]

/** Blanks what some rows hold about a person. See the port. */
export const erase = async (tx: Tx, userId: string, at: ErasurePlace): Promise<ErasurePlace | undefined> => {
  const way = WAYS[at.way]
  if (!way) return undefined
  const rows = await tx
    .select({ seq: events.seq })
    .from(events)
    .where(and(way.to(userId), gt(events.seq, at.after)))
    .orderBy(asc(events.seq))
    .limit(ERASED_AT_ONCE)
  const seqs = rows.map(({ seq }) => seq)
  if (seqs.length > 0)
    await tx
      .update(events)
      .set(way.blank)
      .where(and(inArray(events.seq, seqs), way.holds))
  return seqs.length < ERASED_AT_ONCE
    ? { ...at, way: at.way + 1, after: at.since }
    : { ...at, after: seqs.at(-1) ?? at.since }
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
