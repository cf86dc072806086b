import { lt } from 'drizzle-orm'
import { days, defineJob, later } from '#core'
import { bookkeeping, moreAfter, someOf } from '#db'
import { oneTimeTokens, sessions } from './schema'
import { purgeThrottles } from './throttle'

/** Sessions and tokens that are over are kept this long, to answer what happened. */
const KEPT = days(7)

/** Removes sessions, tokens and counters that are long over. */
export const purgeAuth = defineJob<Record<string, never>>('auth.purge', {
  run: async (ctx) => {
    const before = later(ctx.now, -KEPT)
    for (const over of [lt(sessions.expiresAt, before), lt(sessions.revokedAt, before)])
      while (moreAfter(await bookkeeping(ctx, (tx) => tx.delete(sessions).where(someOf(sessions, over)))));
    const old = someOf(oneTimeTokens, lt(oneTimeTokens.expiresAt, before))
    while (moreAfter(await bookkeeping(ctx, (tx) => tx.delete(oneTimeTokens).where(old))));
    await purgeThrottles(ctx)
  },
})
