import { lt, or } from 'drizzle-orm'
import { days, defineJob, later } from '#core'
import { bookkeeping } from '#db'
import { oneTimeTokens, sessions } from './schema'
import { purgeThrottles } from './throttle'

/** Sessions and tokens that are over are kept this long, to answer what happened. */
const KEPT = days(7)

/** Removes sessions, tokens and counters that are long over. */
export const purgeAuth = defineJob<Record<string, never>>('auth.purge', {
  run: async (ctx) => {
    const before = later(ctx.now, -KEPT)
    await bookkeeping(ctx, async (tx) => {
      await tx.delete(sessions).where(or(lt(sessions.expiresAt, before), lt(sessions.revokedAt, before)))
      await tx.delete(oneTimeTokens).where(lt(oneTimeTokens.expiresAt, before))
    })
    await purgeThrottles(ctx)
  },
})
