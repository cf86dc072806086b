import { and, eq, isNotNull, isNull, lte, sql } from 'drizzle-orm'
import { type Context, days, defineJob, later, type Signed, type Tx } from '#core'
import { journal, transaction } from '#db'
import { findById, person, type User, userDeleted, userDeletionCancelled, userDeletionScheduled } from '#features/users'
import { sendMail } from '#mail'
import { users } from '../users/schema'
import { failures } from './failures'
import { deletionScheduledMail } from './mails'
import { prove } from './prove'
import { revokeSessions } from './sessions'

/** People erased in one run; the next run takes the rest. */
const BATCH = 100

/** Schedules the erasure of the caller's account; signing in still works until then. Throws like `prove`. */
export const scheduleDeletion = async (ctx: Signed, password: string, code?: string): Promise<Date> => {
  const { id } = await prove(ctx, password, { code })
  const at = later(ctx.now, days(ctx.config.deletionGraceDays))
  await transaction(ctx, async (tx) => {
    const user = await note(tx, ctx, id, at)
    await journal.record(tx, ctx, userDeletionScheduled, { ...person(user), scheduledAt: at.toISOString() })
    await revokeSessions(tx, ctx, id, 'deletion_scheduled', ctx.actor.type === 'user' ? { except: ctx.actor.sessionId } : {})
    await sendMail(tx, ctx, deletionScheduledMail, { userId: id })
  })
  return at
}

/** Keeps the caller's account after all. Throws DELETION_NOT_SCHEDULED. */
export const cancelDeletion = (ctx: Signed): Promise<User> =>
  transaction(ctx, async (tx) => {
    const before = await findById(tx, ctx.actor.userId)
    if (!before?.deletionScheduledAt) throw failures.DELETION_NOT_SCHEDULED()
    const user = await note(tx, ctx, before.id, null)
    await journal.record(tx, ctx, userDeletionCancelled, person(user))
    return user
  })

const note = async (tx: Tx, ctx: Context, id: string, at: Date | null) => {
  const [user] = await tx.update(users).set({ deletionScheduledAt: at, updatedAt: ctx.now, version: sql`${users.version} + 1` }).where(eq(users.id, id)).returning()
  if (!user) throw failures.DELETION_NOT_SCHEDULED()
  return user
}

/** Erases everybody whose grace is over. */
export const eraseDue = defineJob<Record<string, never>>('users.erase-due', {
  run: async (ctx) => {
    const due = await ctx.db
      .select({ id: users.id })
      .from(users)
      .where(and(isNotNull(users.deletionScheduledAt), lte(users.deletionScheduledAt, ctx.now), isNull(users.deletedAt)))
      .limit(BATCH)
    for (const { id } of due) await erase(ctx, id)
  },
})

/** Removes a person and what every feature holds about them, in one transaction. The journal keeps that it happened. */
export const erase = (ctx: Context, userId: string) =>
  transaction(ctx, async (tx) => {
    const user = await findById(tx, userId)
    if (!user) return
    for (const feature of ctx.features) await feature.eraseUser?.(tx, ctx, userId)
    await revokeSessions(tx, ctx, userId, 'deleted')
    await journal.record(tx, ctx, userDeleted, { userId, name: '', email: '', erased: true })
    await ctx.journal.erase(tx, userId)
    await tx.delete(users).where(eq(users.id, userId))
  })
