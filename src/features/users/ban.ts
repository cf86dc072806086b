import { eq, sql } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { journal, transaction } from '#db'
import { keepAnAdmin } from './admins'
import { findSubordinate } from './authority'
import { endAccess } from './end-access'
import { failures } from './failures'
import { userBanned, userUnbanned } from './people-events'
import { type User, users } from './schema'
import { person } from './view'

type Ban = Pick<User, 'bannedAt' | 'bannedUntil' | 'banReason'>

/**
 * Shuts somebody out until a moment, or until it is lifted: their sessions end at once and none begins. A second ban
 * replaces the first one. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, LAST_ADMIN, VALIDATION_FAILED.
 */
export const ban = (
  ctx: Context,
  userId: string,
  { reason, until }: { reason: string; until?: Date },
): Promise<User> => {
  if (until && until <= ctx.now)
    throw failures.VALIDATION_FAILED({ errors: [{ path: '/until', message: 'has to lie in the future' }] })
  return transaction(ctx, async (tx) => {
    const before = await findSubordinate(tx, ctx, userId)
    await keepAnAdmin(tx, ctx, userId)
    const after = await set(tx, ctx, userId, {
      bannedAt: ctx.now,
      bannedUntil: until ?? null,
      banReason: reason.trim(),
    })
    await journal.record(tx, ctx, userBanned, { ...person(after), before: shown(before), after: shown(after) })
    await endAccess(tx, ctx, userId, 'banned')
    return after
  })
}

/** Lifts a ban; nothing happens if there is none. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED. */
export const unban = (ctx: Context, userId: string): Promise<User> =>
  transaction(ctx, async (tx) => {
    const before = await findSubordinate(tx, ctx, userId)
    if (!before.bannedAt) return before
    const after = await set(tx, ctx, userId, { bannedAt: null, bannedUntil: null, banReason: null })
    await journal.record(tx, ctx, userUnbanned, { ...person(after), before: shown(before), after: shown(after) })
    return after
  })

const set = async (tx: Tx, ctx: Context, userId: string, changes: Ban): Promise<User> => {
  const [user] = await tx
    .update(users)
    .set({ ...changes, updatedAt: ctx.now, version: sql`${users.version} + 1` })
    .where(eq(users.id, userId))
    .returning()
  if (!user) throw failures.USER_NOT_FOUND()
  return user
}

const shown = ({ bannedAt, bannedUntil, banReason }: Ban) => ({
  reason: banReason,
  since: bannedAt?.toISOString() ?? null,
  until: bannedUntil?.toISOString() ?? null,
})
