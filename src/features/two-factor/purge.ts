import { and, isNull, lte } from 'drizzle-orm'
import { defineJob, later } from '#core'
import { bookkeeping } from '#db'
import { ENROLMENT_LIFETIME } from './enrol'
import { challenges, twoFactors } from './schema'

/** Removes challenges that have run out and enrolments that were given up. */
export const purgeTwoFactor = defineJob<Record<string, never>>('two-factor.purge', {
  run: (ctx) =>
    bookkeeping(ctx, async (tx) => {
      const givenUp = lte(twoFactors.createdAt, later(ctx.now, -ENROLMENT_LIFETIME))
      await tx.delete(challenges).where(lte(challenges.expiresAt, ctx.now))
      await tx.delete(twoFactors).where(and(isNull(twoFactors.enabledAt), givenUp))
    }),
})
