import { and, eq, isNotNull, sql } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { actorId } from '#core'
import { isUnique, journal, transaction } from '#db'
import { keepAnAdmin } from './admins'
import { findSubordinate, requireSubordinate } from './authority'
import { endAccess } from './end-access'
import { userDeleted } from './events'
import { failures } from './failures'
import { userRestored } from './people-events'
import { type User, users } from './schema'
import { indexPerson, unindexPerson } from './search-index'
import { person } from './view'

/**
 * Hides somebody from everything, so that they can be brought back until they are erased: their sessions end at once,
 * their address is free again. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, LAST_ADMIN.
 */
export const remove = (ctx: Context, userId: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    const user = await findSubordinate(tx, ctx, userId)
    await keepAnAdmin(tx, ctx, userId)
    await set(tx, ctx, userId, { deletedAt: ctx.now, deletedBy: actorId(ctx.actor) })
    await unindexPerson(tx, userId)
    await journal.record(tx, ctx, userDeleted, { ...person(user), erased: false })
    await endAccess(tx, ctx, userId, 'deleted')
  })

/**
 * Brings back somebody who was deleted and is not erased yet. What let them in stays ended: they sign in anew.
 * Throws USER_NOT_FOUND if nobody deleted has this id, OUTRANKED, EMAIL_TAKEN if the address belongs to somebody else now.
 */
export const restore = async (ctx: Context, userId: string): Promise<User> => {
  try {
    return await transaction(ctx, async (tx) => {
      const [before] = await tx
        .select()
        .from(users)
        .where(and(eq(users.id, userId), isNotNull(users.deletedAt)))
      if (!before) throw failures.USER_NOT_FOUND()
      await requireSubordinate(tx, ctx, before)
      const user = await set(tx, ctx, userId, { deletedAt: null, deletedBy: null })
      await indexPerson(tx, user)
      await journal.record(tx, ctx, userRestored, {
        ...person(user),
        before: { deletedAt: before.deletedAt?.toISOString() ?? null },
        after: { deletedAt: null },
      })
      return user
    })
  } catch (error) {
    throw isUnique(error, 'users.email') ? failures.EMAIL_TAKEN() : error
  }
}

/** Takes out what points to somebody who is being erased, beside their own row. */
export const forget = async (tx: Tx, _ctx: Context, userId: string): Promise<void> => {
  await unindexPerson(tx, userId)
  await tx.update(users).set({ deletedBy: null }).where(eq(users.deletedBy, userId))
}

// A date set by the person themselves would erase them before those who may restore them have had their time.
const set = async (tx: Tx, ctx: Context, userId: string, changes: Pick<User, 'deletedAt' | 'deletedBy'>) => {
  const [user] = await tx
    .update(users)
    .set({ ...changes, deletionScheduledAt: null, updatedAt: ctx.now, version: sql`${users.version} + 1` })
    .where(eq(users.id, userId))
    .returning()
  if (!user) throw failures.USER_NOT_FOUND()
  return user
}
