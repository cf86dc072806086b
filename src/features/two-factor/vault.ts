import { and, asc, eq, gt, like, not } from 'drizzle-orm'
import { type App, type Context, perApp, type Sealer, sealer } from '#core'
import { bookkeeping } from '#db'
import { twoFactors } from './schema'

/** Secrets that are sealed anew in one transaction. */
const BATCH = 200

/** Locks TOTP secrets under keys that the database does not hold (ASVS 13.3.1). */
export const vault: (app: App) => Sealer = perApp(({ config }) => sealer(config.secrets, 'two-factor'))

/** Second factors that could not be read at start. */
const lost = perApp(() => ({ count: 0 }))

/**
 * After a change of SECRET_KEY: seals under the newest one what an older one still opens, so that the older one can be
 * taken away. Runs at each start; leaves alone, and tells in the log, what no secret in force opens.
 */
export const sealAnew = async (ctx: Context): Promise<void> => {
  const state = lost(ctx)
  state.count = 0
  for (let after = ''; ; ) {
    const batch = await staleAfter(ctx, after)
    const last = batch.at(-1)
    if (!last) break
    after = last.userId
    state.count += batch.length - (await sealBatch(ctx, batch))
  }
  if (state.count > 0)
    ctx.log.error(
      { lost: state.count },
      'second factors cannot be read: was SECRET_KEY replaced where a new one should be put before it?',
    )
}

/** People whose second factor no secret in force opens: they cannot sign in until it is reset. */
export const countLost = async (app: App): Promise<number> => {
  const state = lost(app)
  if (state.count > 0) state.count = await app.db.$count(twoFactors, isStale(app))
  return state.count
}

const isStale = (app: App) => not(like(twoFactors.secret, `${vault(app).prefix}%`))

const staleAfter = (ctx: Context, userId: string) =>
  ctx.db
    .select({ userId: twoFactors.userId, secret: twoFactors.secret })
    .from(twoFactors)
    .where(and(isStale(ctx), gt(twoFactors.userId, userId)))
    .orderBy(asc(twoFactors.userId))
    .limit(BATCH)

/** Returns how many could be opened. */
const sealBatch = async (ctx: Context, batch: Awaited<ReturnType<typeof staleAfter>>): Promise<number> => {
  const { open, seal } = vault(ctx)
  const fresh = batch.flatMap(({ userId, secret }) => {
    try {
      return [{ userId, secret, anew: seal(open(secret, userId), userId) }]
    } catch {
      return []
    }
  })
  await bookkeeping(ctx, async (tx) => {
    for (const { userId, secret, anew } of fresh) {
      const unchanged = and(eq(twoFactors.userId, userId), eq(twoFactors.secret, secret))
      await tx.update(twoFactors).set({ secret: anew }).where(unchanged)
    }
  })
  return fresh.length
}
