import { and, eq, isNotNull, isNull, lte, max, type SQL } from 'drizzle-orm'
import { type App, type Context, days, defineJob, later, type Tx } from '#core'
import { bookkeeping, journal, moreAfter, someOf, transaction } from '#db'
import { userDeleted } from '#features/users'
import { users } from '../users/schema'
import { forgiveAttempts } from './attempts'
import { forgetMails } from './mail-budget'
import { sessions } from './schema'
import { revokeSessions } from './sessions'

/** How far the journal has been blanked. */
type Place = NonNullable<Awaited<ReturnType<App['journal']['erase']>>>

/** People erased in one run; the next run takes the rest. */
const BATCH = 100
/** How long somebody who was deleted by others can be restored. */
export const RETENTION = days(30)

/** Erases everybody whose grace, or time to be restored, is over. */
export const eraseDue = defineJob<Record<string, never>>('users.erase-due', {
  run: async (ctx) => {
    const graceIsOver = and(lte(users.deletionScheduledAt, ctx.now), isNull(users.deletedAt))
    const retentionIsOver = lte(users.deletedAt, later(ctx.now, -RETENTION))
    // One after the other: each has an index, and no index answers for both.
    for (const due of [graceIsOver, retentionIsOver]) {
      const people = await ctx.db.select({ id: users.id }).from(users).where(due).limit(BATCH)
      for (const { id } of people) await erase(ctx, id, due)
    }
  },
})

/**
 * Removes a person, deleted or not, and what every feature holds about them, unless `due` does not hold any more. The
 * journal keeps that it happened. What may be much goes first and some at a time, so that nobody else waits for it; a
 * run that is cut off is taken up again, because from the first step on the person is deleted and due.
 */
export const erase = async (ctx: Context, userId: string, due?: SQL): Promise<void> => {
  const since = await bookkeeping(ctx, (tx) => shutOut(tx, ctx, userId, due))
  if (since === undefined) return
  for (const feature of ctx.features) {
    const { eraseUser } = feature
    while (eraseUser && (await bookkeeping(ctx, (tx) => eraseUser(tx, ctx, userId))) === 'more');
  }
  while ((await bookkeeping(ctx, (tx) => dropEnded(tx, userId))) === 'more');
  await eraseJournal(0, (at) => bookkeeping(ctx, (tx) => ctx.journal.erase(tx, userId, at)))
  await transaction(ctx, async (tx) => {
    const [person] = await tx.select().from(users).where(eq(users.id, userId))
    if (person) await eraseRest(tx, ctx, person, since)
  })
}

/** Deletes somebody as if that had been long ago, and ends their sessions. Returns where the journal ends, or nothing if they are not due. */
const shutOut = async (tx: Tx, ctx: Context, userId: string, due: SQL | undefined): Promise<number | undefined> => {
  const [person] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, userId), due))
  if (!person) return undefined
  const [journalled] = await tx.select({ end: max(ctx.journal.events.seq) }).from(ctx.journal.events)
  if (!person.deletedAt)
    await tx
      .update(users)
      .set({ deletedAt: later(ctx.now, -RETENTION) })
      .where(eq(users.id, userId))
  await revokeSessions(tx, ctx, userId, 'deleted')
  return journalled?.end ?? 0
}

const dropEnded = async (tx: Tx, userId: string) => {
  const ended = and(eq(sessions.userId, userId), isNotNull(sessions.revokedAt))
  return moreAfter(await tx.delete(sessions).where(someOf(sessions, ended)))
}

/** Blanks rows of the journal behind `since`, step by step. */
const eraseJournal = async (since: number, step: (at: Place) => Promise<Place | undefined>) => {
  let at: Place | undefined = { since, way: 0, after: since }
  while (at) at = await step(at)
}

/** What is left, and what came in meanwhile: all of it or nothing. */
const eraseRest = async (tx: Tx, ctx: Context, { id, email }: { id: string; email: string }, since: number) => {
  for (const feature of ctx.features) while ((await feature.eraseUser?.(tx, ctx, id)) === 'more');
  await revokeSessions(tx, ctx, id, 'deleted')
  await tx.delete(sessions).where(eq(sessions.adminId, id))
  await forgiveAttempts(tx, email)
  await forgetMails(tx, email)
  await journal.record(tx, ctx, userDeleted, { userId: id, name: '', email: '', erased: true })
  await eraseJournal(since, (at) => ctx.journal.erase(tx, id, at))
  await tx.delete(users).where(eq(users.id, id))
}
