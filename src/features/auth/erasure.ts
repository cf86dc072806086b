import { and, asc, eq, isNull, lte, or } from 'drizzle-orm'
import { type Context, days, defineJob, later, type Tx } from '#core'
import { journal, transaction } from '#db'
import { userDeleted } from '#features/users'
import { users } from '../users/schema'
import { sessions } from './schema'
import { revokeSessions } from './sessions'
import { forgetAddress } from './throttle'

/** People erased in one run; the next run takes the rest. */
const BATCH = 100
/** How long somebody who was deleted by others can be restored. */
export const RETENTION = days(30)

/** Erases everybody whose grace, or time to be restored, is over. */
export const eraseDue = defineJob<Record<string, never>>('users.erase-due', {
  run: async (ctx) => {
    const graceIsOver = and(lte(users.deletionScheduledAt, ctx.now), isNull(users.deletedAt))
    const due = or(graceIsOver, lte(users.deletedAt, later(ctx.now, -RETENTION)))
    const people = await ctx.db.select({ id: users.id }).from(users).where(due).orderBy(asc(users.id)).limit(BATCH)
    for (const { id } of people) {
      await transaction(ctx, async (tx) => {
        // They may have changed their mind while the others were erased.
        const [person] = await tx
          .select()
          .from(users)
          .where(and(eq(users.id, id), due))
        if (person) await eraseIn(tx, ctx, person)
      })
    }
  },
})

/** Removes a person, deleted or not, and what every feature holds about them. The journal keeps that it happened. */
export const erase = (ctx: Context, userId: string) =>
  transaction(ctx, async (tx) => {
    const [person] = await tx.select().from(users).where(eq(users.id, userId))
    if (person) await eraseIn(tx, ctx, person)
  })

const eraseIn = async (tx: Tx, ctx: Context, { id, email }: { id: string; email: string }) => {
  for (const feature of ctx.features) await feature.eraseUser?.(tx, ctx, id)
  await revokeSessions(tx, ctx, id, 'deleted')
  await tx.delete(sessions).where(eq(sessions.adminId, id))
  await forgetAddress(tx, email)
  await journal.record(tx, ctx, userDeleted, { userId: id, name: '', email: '', erased: true })
  await ctx.journal.erase(tx, id)
  await tx.delete(users).where(eq(users.id, id))
}
