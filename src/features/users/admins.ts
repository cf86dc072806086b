import { and, eq, isNotNull, isNull, lte, ne, or } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { failures } from './failures'
import { users } from './schema'

/** The role that may do everything. */
export const ADMIN_ROLE = 'admin'

/**
 * Makes sure in the caller's transaction that somebody can still administer once this person cannot any more: asked
 * before a deletion, a ban or a change of role. Throws LAST_ADMIN.
 */
export const keepAnAdmin = async (tx: Tx, ctx: Context, userId: string): Promise<void> => {
  const banIsOver = and(isNotNull(users.bannedUntil), lte(users.bannedUntil, ctx.now))
  const able = and(
    eq(users.role, ADMIN_ROLE),
    isNull(users.deletedAt),
    isNull(users.deletionScheduledAt),
    or(isNull(users.bannedAt), banIsOver),
  )
  const [person] = await tx.select({ role: users.role }).from(users).where(eq(users.id, userId))
  if (person?.role !== ADMIN_ROLE) return
  const [other] = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(able, ne(users.id, userId)))
    .limit(1)
  if (!other) throw failures.LAST_ADMIN()
}
