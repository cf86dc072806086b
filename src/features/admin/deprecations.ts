import { desc, eq, gte, lt, max, sql, sum } from 'drizzle-orm'
import { type App, type Context, days, defineJob, later, type Tx } from '#core'
import { bookkeeping } from '#db'
import { namesOf } from '#features/users'
import { deprecatedUses } from './schema'

/** How long the numbers are kept, and as far back as can be looked. */
const KEPT_DAYS = 90
/** Consumers and routes in one answer, the busiest first. */
const MAX_ROWS = 500

const dayOf = (date: Date) => date.toISOString().slice(0, 10)

/** Adds what was counted of the use of deprecated versions to what is known. */
export const keepDeprecatedUse = (app: App, uses: (typeof deprecatedUses.$inferInsert)[]): Promise<void> =>
  bookkeeping(app, async (tx) => {
    // Of who has been erased meanwhile nothing is written down.
    const known = await namesOf(
      { db: tx },
      uses.map(({ userId }) => userId),
    )
    for (const use of uses) {
      if (use.userId && !known.has(use.userId)) continue
      await tx
        .insert(deprecatedUses)
        .values(use)
        .onConflictDoUpdate({
          target: [
            deprecatedUses.day,
            deprecatedUses.method,
            deprecatedUses.route,
            deprecatedUses.consumerType,
            deprecatedUses.consumerId,
          ],
          set: { requests: sql`${deprecatedUses.requests} + excluded.requests`, lastAt: use.lastAt },
        })
    }
  })

/** Who uses which deprecated route how often, the busiest first. */
export const deprecations = async (ctx: Context, lastDays: number) => {
  const { version, method, route, consumerType, consumerId, userId, requests, lastAt, day } = deprecatedUses
  const total = sum(requests).mapWith(Number)
  const rows = await ctx.db
    .select({ version, method, route, consumerType, consumerId, userId, requests: total, lastAt: max(lastAt) })
    .from(deprecatedUses)
    .where(gte(day, dayOf(later(ctx.now, -days(lastDays - 1)))))
    .groupBy(version, method, route, consumerType, consumerId)
    .orderBy(desc(total))
    .limit(MAX_ROWS)
  const names = await namesOf(
    ctx,
    rows.map(({ userId }) => userId),
  )
  return {
    data: rows.map(({ consumerType: type, consumerId: id, userId, lastAt, ...row }) => ({
      ...row,
      consumer: { type, id: id || null, userId, name: names.get(userId ?? '') ?? null },
      lastAt: lastAt?.toISOString() ?? ctx.now.toISOString(),
    })),
    meta: { limit: MAX_ROWS, nextCursor: null },
  }
}

/** Forgets what is too old to be shown. */
export const purgeDeprecatedUse = defineJob<Record<string, never>>('admin.purge', {
  run: (ctx) =>
    bookkeeping(ctx, async (tx) => {
      await tx.delete(deprecatedUses).where(lt(deprecatedUses.day, dayOf(later(ctx.now, -days(KEPT_DAYS)))))
    }),
})

/** Removes what a person used, in the caller's transaction. */
export const forgetDeprecatedUse = async (tx: Tx, _ctx: Context, userId: string): Promise<void> => {
  await tx.delete(deprecatedUses).where(eq(deprecatedUses.userId, userId))
}
