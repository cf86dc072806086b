import { eq, sql } from 'drizzle-orm'
import { type Context, days, later, type Signed, type Tx } from '#core'
import { journal, transaction } from '#db'
import { findById, keepAnAdmin, person, type User, userDeletionCancelled, userDeletionScheduled } from '#features/users'
import { sendMail } from '#mail'
import { users } from '../users/schema'
import { failures } from './failures'
import { deletionScheduledMail } from './mails'
import { prove } from './prove'
import { requireSession, revokeSessions } from './sessions'

/**
 * Schedules the erasure of the caller's account; signing in still works until then. Asked again, the first date stays.
 * Throws like `prove`, and LAST_ADMIN.
 */
export const scheduleDeletion = async (ctx: Signed, password: string, code?: string): Promise<Date> => {
  const { user } = await prove(ctx, password, { code })
  const at = user.deletionScheduledAt ?? later(ctx.now, days(ctx.config.deletionGraceDays))
  await transaction(ctx, async (tx) => {
    await requireSession(tx, ctx)
    await keepAnAdmin(tx, ctx, user.id)
    await schedule(tx, ctx, user.id, at)
    await journal.record(tx, ctx, userDeletionScheduled, { ...person(user), scheduledAt: at.toISOString() })
    const current = ctx.actor.type === 'user' ? { except: ctx.actor.sessionId } : {}
    await revokeSessions(tx, ctx, user.id, 'deletion_scheduled', current)
    await sendMail(tx, ctx, deletionScheduledMail, { userId: user.id })
  })
  return at
}

/** Keeps the caller's account after all. Throws DELETION_NOT_SCHEDULED. */
export const cancelDeletion = (ctx: Signed): Promise<User> =>
  transaction(ctx, async (tx) => {
    const user = await findById(tx, ctx.actor.userId)
    if (!user?.deletionScheduledAt) throw failures.DELETION_NOT_SCHEDULED()
    return await keepAccount(tx, ctx, user.id)
  })

/** Takes a scheduled deletion back in the caller's transaction. */
export const keepAccount = async (tx: Tx, ctx: Context, userId: string): Promise<User> => {
  const user = await schedule(tx, ctx, userId, null)
  await journal.record(tx, ctx, userDeletionCancelled, person(user))
  return user
}

const schedule = async (tx: Tx, ctx: Context, id: string, at: Date | null): Promise<User> => {
  const [user] = await tx
    .update(users)
    .set({ deletionScheduledAt: at, updatedAt: ctx.now, version: sql`${users.version} + 1` })
    .where(eq(users.id, id))
    .returning()
  if (!user) throw failures.DELETION_NOT_SCHEDULED()
  return user
}
