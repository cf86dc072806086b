import { type Context, days, defineJob, later } from '#core'
import { journal, transaction } from '#db'
import { auditRetired } from './events'

/** How long every row is kept, security events whole to the end. */
export const KEPT = days(2 * 365)
/** How long what happens every day keeps its content and origin. Its row stays: the chain has no holes. */
export const EVERYDAY_KEPT = days(180)
/** Everyday events. Whatever is not named here is taken for a security event. */
export const EVERYDAY = [
  'email.tested',
  'file.*',
  'notifications.*',
  'user.updated',
  'user.verification_requested',
  'webhook.delivery_retried',
  'webhook.recovered',
  'webhook.test',
]

/** Lets go of rows that are old enough, a thousand at a time. What it did is in the journal too, and where it got to. */
export const applyRetention = defineJob<Record<string, never>>('audit.retention', {
  run: async (ctx, _, { signal }) => {
    let upTo = await reached(ctx)
    for (let more = true; more && !signal.aborted; ) {
      const after = upTo
      const done = await transaction(ctx, async (tx) => {
        const retired = await ctx.journal.retire(tx, ctx, later(ctx.now, -KEPT))
        const before = later(ctx.now, -EVERYDAY_KEPT)
        const { thinned, upTo: looked } = await ctx.journal.thin(tx, { types: EVERYDAY, after, before })
        if (retired + thinned > 0) await journal.record(tx, ctx, auditRetired, { retired, thinned, upTo: looked })
        return { retired, upTo: looked }
      })
      upTo = done.upTo
      more = done.retired > 0 || upTo > after
    }
  },
})

/** Up to which row the run before looked for everyday events. */
const reached = async (ctx: Context): Promise<number> => {
  const { data } = await ctx.journal.list(ctx, { limit: '1' }, { type: auditRetired.name })
  const upTo = data[0]?.payload.upTo
  return typeof upTo === 'number' ? upTo : 0
}
