import { and, eq, sql } from 'drizzle-orm'
import { type Context, defineJob, minutes, seconds, type Task, type Tx } from '#core'
import { enqueue } from '#db'
import { failPending } from './disable'
import { ownerMay } from './owner'
import { type Webhook, webhookDeliveries, webhooks } from './schema'
import { sendDue, wakeLane } from './send'
import { together } from './together'

interface Lane {
  webhookId: string
}

/** Requests to one endpoint at a time: enough for a good one, few for one that keeps us waiting. */
const WIDTH = 10
const WIDTH_OF_SLOW = 2

/** Far more than a lane needs; it is not the deliveries that are counted here. */
const patience = { maxAttempts: 100, backoff: seconds(1), maxBackoff: seconds(30), timeout: minutes(2) }

/**
 * Sends to one endpoint what is due, a turn long. While there is anything to send, exactly one such job is the
 * endpoint's lane, so that a receiver that hangs holds up nobody but itself.
 */
export const lane = defineJob<Lane>('webhooks.lane', {
  ...patience,
  queue: 'webhooks',
  run: (ctx, { webhookId }, task) => drive(ctx, webhookId, WIDTH, task),
})

/** The same for receivers that were slow: they wait for each other, in a queue of their own. */
export const slowLane = defineJob<Lane>('webhooks.slow-lane', {
  ...patience,
  queue: 'webhooks-slow',
  run: (ctx, { webhookId }, task) => drive(ctx, webhookId, WIDTH_OF_SLOW, task),
})

/** Sees to it that somebody sends to the endpoint at `at`, in the transaction that gave a reason for it. */
export const openLane = async (
  tx: Tx,
  ctx: Context,
  webhook: Pick<Webhook, 'id' | 'lane' | 'laneAt' | 'slow'>,
  at: Date,
) => {
  if (webhook.lane && webhook.laneAt && webhook.laneAt <= at) {
    tx.afterCommit(() => wakeLane(ctx, webhook.id))
    return
  }
  const job = webhook.slow ? slowLane : lane
  // Before further events are fanned out: what is under way comes first.
  const id = await enqueue(tx, ctx, job, { webhookId: webhook.id }, { runAt: at, priority: 1 })
  await tx.update(webhooks).set({ lane: id, laneAt: at }).where(eq(webhooks.id, webhook.id))
}

const drive = async (ctx: Context, webhookId: string, width: number, { id, signal }: Task) => {
  const [webhook] = await ctx.db.select().from(webhooks).where(eq(webhooks.id, webhookId))
  // Deleted, or another job has become its lane: it was asked to send earlier than this one.
  if (webhook?.lane !== id) return
  if (webhook.disabledAt || !(await ownerMay(ctx, webhook))) await together(ctx, (tx) => failPending(tx, webhookId))
  else await sendDue(ctx, webhookId, width, signal)
  await handOver(ctx, webhookId, id)
}

/** Ends a lane: if anything waits to be sent, now or later, there is a next one. */
const handOver = (ctx: Context, webhookId: string, id: string) =>
  together(ctx, async (tx) => {
    const [webhook] = await tx.select().from(webhooks).where(eq(webhooks.id, webhookId))
    if (webhook?.lane !== id) return
    const [waiting] = await tx
      .select({ at: sql<number | null>`min(${webhookDeliveries.nextAttemptAt})` })
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.webhookId, webhookId), sql`status = 'pending'`))
    const now = ctx.clock.now().getTime()
    const at = waiting?.at ?? null
    const closed = { ...webhook, lane: null, laneAt: null }
    if (at !== null) await openLane(tx, ctx, closed, new Date(Math.max(at, now)))
    else await tx.update(webhooks).set({ lane: null, laneAt: null }).where(eq(webhooks.id, webhookId))
  })
