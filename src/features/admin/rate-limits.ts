import { eq } from 'drizzle-orm'
import type { Context } from '#core'
import { journal, transaction } from '#db'
import { settingsChanged } from './events'
import { failures } from './failures'
import { settings } from './schema'

const NAME = 'rate-limits'

/** Requests per window in seconds. */
interface Limit {
  limit: number
  window: number
}

/** What has been changed; the rest is as it was built or configured. */
export interface Kept {
  general?: Limit
  tiers?: Record<string, Limit>
  dryRun?: boolean
}

/** A change: null takes a limit back to what it was at first. */
export interface LimitChange {
  general?: Limit | null
  tiers?: Record<string, Limit | null>
  dryRun?: boolean
}

/** The changes in force, if there are any. */
export const keptLimits = async ({ db }: Pick<Context, 'db'>): Promise<Kept | undefined> => {
  const [row] = await db.select().from(settings).where(eq(settings.name, NAME))
  // Written by `changeLimits` only.
  return row?.value as Kept | undefined
}

/**
 * Changes limits and tells every process, this one at once. Returns all changes in force.
 * Throws NOTHING_TO_CHANGE, and UNKNOWN_TIER for a tier that is not in `tiers`.
 */
export const changeLimits = async (ctx: Context, change: LimitChange, tiers: readonly string[]): Promise<Kept> => {
  if (Object.keys(change).length === 0) throw failures.NOTHING_TO_CHANGE()
  const unknown = Object.keys(change.tiers ?? {}).filter((tier) => !tiers.includes(tier))
  if (unknown.length > 0)
    throw failures.UNKNOWN_TIER({ errors: [{ path: '/tiers', message: `has to hold tiers of ${tiers.join(', ')}` }] })
  return await transaction(ctx, async (tx) => {
    const [row] = await tx.select().from(settings).where(eq(settings.name, NAME))
    const before = (row?.value ?? {}) as Kept
    const after = merged(before, change)
    const values = { value: after, updatedAt: ctx.now, updatedBy: 'userId' in ctx.actor ? ctx.actor.userId : null }
    await tx
      .insert(settings)
      .values({ name: NAME, ...values })
      .onConflictDoUpdate({ target: settings.name, set: values })
    await journal.record(tx, ctx, settingsChanged, { name: NAME, before, after })
    tx.afterCommit(() => ctx.bus.publish('rate-limits', after))
    return after
  })
}

const merged = (before: Kept, { general, tiers, dryRun }: LimitChange): Kept => {
  const limits = { ...before.tiers, ...tiers }
  const kept = general === undefined ? before.general : general
  return {
    ...(kept ? { general: kept } : {}),
    tiers: Object.fromEntries(Object.entries(limits).flatMap(([name, limit]) => (limit ? [[name, limit]] : []))),
    ...((dryRun ?? before.dryRun) === undefined ? {} : { dryRun: dryRun ?? before.dryRun }),
  }
}
