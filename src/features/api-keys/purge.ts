import { lt } from 'drizzle-orm'
import { days, defineJob, later } from '#core'
import { bookkeeping } from '#db'
import { apiKeys, apiKeyUsage } from './schema'

/** Revoked keys are kept this long, to answer what they did. */
const KEPT = days(30)
const USAGE_KEPT = days(400)

/** Removes keys that were revoked long ago, and old counts. */
export const purgeApiKeys = defineJob<Record<string, never>>('api-keys.purge', {
  run: (ctx) =>
    bookkeeping(ctx, async (tx) => {
      await tx.delete(apiKeys).where(lt(apiKeys.revokedAt, later(ctx.now, -KEPT)))
      const oldest = later(ctx.now, -USAGE_KEPT).toISOString().slice(0, 10)
      await tx.delete(apiKeyUsage).where(lt(apiKeyUsage.day, oldest))
    }),
})
