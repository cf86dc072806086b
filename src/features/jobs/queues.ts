import type { Context } from '#core'
import { journal, transaction } from '#db'
import { queuePaused, queueResumed } from './events'
import { failures } from './failures'

/** Every queue that features use or jobs are in. */
export const listQueues = async (ctx: Context) => {
  const queues = await ctx.queue.admin.queues(ctx)
  return queues.map((queue) => ({ ...queue, driver: ctx.queue.driver }))
}

/** Keeps every process from taking jobs of a queue; those that run go on. Throws QUEUE_NOT_FOUND. */
export const pause = (ctx: Context, name: string) =>
  change(ctx, name, true, (tx) => ctx.queue.admin.pause(tx, ctx, name))

/** Throws QUEUE_NOT_FOUND. */
export const resume = (ctx: Context, name: string) => change(ctx, name, false, (tx) => ctx.queue.admin.resume(tx, name))

type Tx = Parameters<Parameters<typeof transaction>[1]>[0]

/** Asked for twice it happens once, and is written down once. */
const change = async (ctx: Context, name: string, paused: boolean, work: (tx: Tx) => Promise<void>) => {
  const queue = (await listQueues(ctx)).find((each) => each.name === name)
  if (!queue) throw failures.QUEUE_NOT_FOUND()
  if (queue.paused === paused) return queue
  await transaction(ctx, async (tx) => {
    await work(tx)
    await journal.record(tx, ctx, paused ? queuePaused : queueResumed, { queue: name })
  })
  return { ...queue, paused }
}
