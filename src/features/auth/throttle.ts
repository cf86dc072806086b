import { eq, inArray, lte, sql } from 'drizzle-orm'
import { type Context, digest, hours, later, minutes, days, type Tx } from '#core'
import { bookkeeping } from '#db'
import { failures } from './failures'
import { throttles } from './schema'

/** At most `limit` in `window` milliseconds. */
interface Budget {
  limit: number
  window: number
}

/** Wrong passwords per account, and how many in a row before only a reset by mail helps (NIST SP 800-63B). */
const PER_ACCOUNT: Budget = { limit: 10, window: minutes(15) }
const IN_A_ROW: Budget = { limit: 100, window: days(30) }
/** Wrong passwords per client address, over all accounts. */
const PER_ADDRESS: Budget = { limit: 50, window: minutes(15) }
/** Mails of one kind to one address, and all such mails together. */
const MAIL_PAUSE: Budget = { limit: 1, window: minutes(1) }
const MAILS_PER_HOUR: Budget = { limit: 5, window: hours(1) }
const ALL_MAILS: Budget = { limit: 10_000, window: hours(1) }

const loginKeys = (ctx: Context, email: string) => {
  const account = digest(email)
  return [
    { key: `login:account:${account}`, budget: PER_ACCOUNT },
    { key: `login:streak:${account}`, budget: IN_A_ROW },
    ...(ctx.ip && ctx.config.rateLimit.on ? [{ key: `login:ip:${ctx.ip}`, budget: PER_ADDRESS }] : []),
  ]
}

/** Counts an attempt before it is made, so that many at once cannot slip past. Throws RATE_LIMITED. */
export const reserveAttempt = async (ctx: Context, email: string): Promise<void> => {
  const wait = await bookkeeping(ctx, async (tx) => {
    for (const { key, budget } of loginKeys(ctx, email)) {
      const full = await isFull(tx, ctx, key, budget)
      if (full) return full
    }
    for (const { key, budget } of loginKeys(ctx, email)) await hit(tx, ctx, key, budget)
    return undefined
  })
  if (wait) throw failures.RATE_LIMITED({ retryAfter: Math.ceil((wait.getTime() - ctx.now.getTime()) / 1000) })
}

/** Forgives an account its failures: after a right password, or a reset by mail. */
export const forgiveAttempts = (tx: Tx, email: string) =>
  tx.delete(throttles).where(inArray(throttles.key, [`login:account:${digest(email)}`, `login:streak:${digest(email)}`]))

/** Gives back an attempt that was reserved and not made, or was right for this client address. */
export const returnAttempt = (tx: Tx, ctx: Context, email: string) =>
  tx
    .update(throttles)
    .set({ count: sql`max(0, ${throttles.count} - 1)` })
    .where(inArray(throttles.key, loginKeys(ctx, email).map(({ key }) => key)))

/** True if a mail of this kind may go to this address now; counts it. */
export const mayMail = async (tx: Tx, ctx: Context, kind: string, email: string): Promise<boolean> => {
  const budgets = [
    { key: `mail:pause:${kind}:${digest(email)}`, budget: MAIL_PAUSE },
    { key: `mail:hour:${kind}:${digest(email)}`, budget: MAILS_PER_HOUR },
    { key: 'mail:all', budget: ALL_MAILS },
  ]
  for (const { key, budget } of budgets) if (await isFull(tx, ctx, key, budget)) return false
  for (const { key, budget } of budgets) await hit(tx, ctx, key, budget)
  return true
}

/** Removes counters whose window is over. */
export const purgeThrottles = (ctx: Context) => bookkeeping(ctx, (tx) => tx.delete(throttles).where(lte(throttles.resetsAt, ctx.now)))

const isFull = async (tx: Tx, ctx: Context, key: string, { limit }: Budget): Promise<Date | undefined> => {
  const [row] = await tx.select().from(throttles).where(eq(throttles.key, key))
  return row && row.resetsAt > ctx.now && row.count >= limit ? row.resetsAt : undefined
}

const hit = async (tx: Tx, ctx: Context, key: string, { window }: Budget) => {
  const resetsAt = later(ctx.now, window)
  const over = sql`${throttles.resetsAt} <= ${ctx.now.getTime()}`
  await tx
    .insert(throttles)
    .values({ key, count: 1, resetsAt })
    .onConflictDoUpdate({
      target: throttles.key,
      set: { count: sql`case when ${over} then 1 else ${throttles.count} + 1 end`, resetsAt: sql`case when ${over} then ${resetsAt.getTime()} else ${throttles.resetsAt} end` },
    })
}
