import { eq, inArray, lte, sql } from 'drizzle-orm'
import { type Context, later, SKEW, type Tx } from '#core'
import { bookkeeping } from '#db'
import { throttles } from './schema'

/** At most `limit` under `key` in a window of `window` milliseconds, which begins with the first. */
export interface Budget {
  key: string
  limit: number
  window: number
}

/** Takes one from each budget, or from none if one is used up. Returns when that one opens again. */
export const take = async (tx: Tx, ctx: Context, budgets: readonly Budget[]): Promise<Date | undefined> => {
  for (const budget of budgets) {
    const closed = await closedUntil(tx, ctx, budget)
    if (closed) return closed
  }
  for (const budget of budgets) await count(tx, ctx, budget)
  return undefined
}

/** Gives back one under each key. */
export const giveBack = (tx: Tx, keys: string[]) =>
  tx
    .update(throttles)
    .set({ count: sql`max(0, ${throttles.count} - 1)` })
    .where(inArray(throttles.key, keys))

/** Starts again at nothing under each key. */
export const forget = (tx: Tx, keys: string[]) => tx.delete(throttles).where(inArray(throttles.key, keys))

/** Removes counters whose window is over. */
export const purgeThrottles = (ctx: Context) =>
  bookkeeping(ctx, (tx) => tx.delete(throttles).where(lte(throttles.resetsAt, ctx.now)))

const closedUntil = async (tx: Tx, ctx: Context, { key, limit, window }: Budget): Promise<Date | undefined> => {
  const [row] = await tx.select().from(throttles).where(eq(throttles.key, key))
  // A clock that was set back must not keep anybody out for much longer than the window.
  const begunLater = row && row.resetsAt > later(ctx.now, window + SKEW)
  if (!row || row.resetsAt <= ctx.now || begunLater || row.count < limit) return undefined
  return row.resetsAt
}

const count = async (tx: Tx, ctx: Context, { key, window }: Budget) => {
  const resetsAt = later(ctx.now, window)
  const over = sql`${throttles.resetsAt} <= ${ctx.now.getTime()} or ${throttles.resetsAt} > ${resetsAt.getTime() + SKEW}`
  await tx
    .insert(throttles)
    .values({ key, count: 1, resetsAt })
    .onConflictDoUpdate({
      target: throttles.key,
      set: {
        count: sql`case when ${over} then 1 else ${throttles.count} + 1 end`,
        resetsAt: sql`case when ${over} then ${resetsAt.getTime()} else ${throttles.resetsAt} end`,
      },
    })
}
