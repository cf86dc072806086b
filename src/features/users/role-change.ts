import { eq, sql } from 'drizzle-orm'
import type { Context } from '#core'
import { journal, transaction } from '#db'
import { ADMIN_ROLE, keepAnAdmin } from './admins'
import { requireHeld } from './authority'
import { failures } from './failures'
import { findById, permissionsOf } from './find'
import { userRoleChanged } from './people-events'
import { findRole } from './role-editor'
import { type User, users } from './schema'
import { person } from './view'

/**
 * Gives somebody another role; it holds with their next request. The actor has to hold all that the old and the new role
 * allow. Throws USER_NOT_FOUND, UNKNOWN_ROLE, PERMISSION_NOT_HELD, LAST_ADMIN.
 */
export const changeRole = (ctx: Context, userId: string, role: string): Promise<User> =>
  transaction(ctx, async (tx) => {
    const before = await findById(tx, userId)
    if (!before) throw failures.USER_NOT_FOUND()
    const next = await findRole(tx, role)
    if (!next) throw failures.UNKNOWN_ROLE({ errors: [{ path: '/role', message: 'has to be the name of a role' }] })
    requireHeld(ctx, [...(await permissionsOf(tx, before.role)), ...next.permissions])
    if (role === before.role) return before
    if (before.role === ADMIN_ROLE) await keepAnAdmin(tx, ctx, userId)
    const [after] = await tx
      .update(users)
      .set({ role, updatedAt: ctx.now, version: sql`${users.version} + 1` })
      .where(eq(users.id, userId))
      .returning()
    if (!after) throw failures.USER_NOT_FOUND()
    await journal.record(tx, ctx, userRoleChanged, {
      ...person(after),
      before: { role: before.role },
      after: { role: after.role },
    })
    return after
  })
