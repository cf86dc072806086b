import { type App, type Context, defineJob, type HealthReport, minutes, seconds, systemContext } from '#core'
import { journal, transaction } from '#db'
import { auditBroken } from './events'

const AT_ONCE = seconds(10)

/** Checks the whole chain. If it does not hold, says so once: in the log, in the journal and in the health report. */
export const checkChain = defineJob<Record<string, never>>('audit.check', {
  timeout: minutes(30),
  run: async (ctx, _, { signal }) => {
    let verdict = await ctx.journal.verify({ within: AT_ONCE })
    while (verdict.next !== undefined && !signal.aborted)
      verdict = await ctx.journal.verify({ within: AT_ONCE, after: verdict.next })
    const { firstBroken } = verdict
    if (!firstBroken || (await lastBroken(ctx))?.payload.seq === firstBroken.seq) return
    ctx.log.error({ ...firstBroken }, 'The audit log has been changed: a row of its chain does not hold')
    const payload = { seq: firstBroken.seq, eventId: firstBroken.id }
    await transaction(ctx, (tx) => journal.record(tx, ctx, auditBroken, payload))
  },
})

const lastBroken = async (ctx: Context) =>
  (await ctx.journal.list(ctx, { limit: '1' }, { type: auditBroken.name })).data[0]

/** Warns operators of a chain that was found broken. */
export const health = async (app: App): Promise<HealthReport> => {
  const broken = await lastBroken(systemContext(app, 'health'))
  return broken
    ? { status: 'warn', detail: { brokenAt: broken.payload.seq, foundAt: broken.createdAt } }
    : { status: 'pass' }
}
