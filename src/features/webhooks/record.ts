import { eq, sql } from 'drizzle-orm'
import { type App, type Context, seconds, type Tx } from '#core'
import { prepared } from '#db'
import { disable } from './disable'
import { type Delivery, type Webhook, webhookDeliveries, webhooks } from './schema'
import { together } from './together'
import { attemptOf, judge, type Verdict } from './verdict'

/** An answer that takes this long is slow: from then on the endpoint is served apart. */
const SLOW = seconds(5)
/** Attempts that are kept of a delivery; the oldest go. */
const KEPT = 25

export interface Result {
  delivery: Delivery
  reply: Awaited<ReturnType<App['outbound']['post']>>
  /** When the attempt began. */
  at: Date
}

/** Writes down an attempt and what follows from it. Resolves once that is committed. */
export const record = (ctx: Context, result: Result): Promise<void> => together(ctx, (tx) => note(tx, ctx, result))

const byId = prepared((db) =>
  db
    .select()
    .from(webhooks)
    .where(eq(webhooks.id, sql.placeholder('id')))
    .prepare(),
)

const tried = prepared((db) => {
  const value = (name: string) => sql`${sql.placeholder(name)}`
  return (
    db
      .update(webhookDeliveries)
      .set({
        status: value('status'),
        nextAttemptAt: value('nextAttemptAt'),
        tries: value('tries'),
        attempts: value('attempts'),
      })
      // What was given up meanwhile stays so, unless it has arrived after all.
      .where(sql`id = ${sql.placeholder('id')} and (status = 'pending' or ${sql.placeholder('status')} = 'delivered')`)
      .prepare()
  )
})

const note = async (tx: Tx, ctx: Context, { delivery, reply, at }: Result) => {
  const webhook = await byId(tx).get({ id: delivery.webhookId })
  if (!webhook) return
  const schedule = ctx.config.webhook.retrySchedule
  const now = ctx.clock.now()
  const verdict = judge(reply, { tries: delivery.tries, failingSince: webhook.failingSince, schedule, now })
  await tried(tx).run({
    id: delivery.id,
    status: verdict.status,
    nextAttemptAt: verdict.status === 'pending' ? verdict.nextAttemptAt.getTime() : null,
    tries: delivery.tries + 1,
    attempts: JSON.stringify([...delivery.attempts, attemptOf(reply, at)].slice(-KEPT)),
  })
  await noteHealth(tx, webhook, verdict, reply.durationMs >= SLOW, now)
  if (verdict.status === 'failed' && verdict.disable && !webhook.disabledAt)
    await disable(tx, ctx, webhook, verdict.disable)
}

const noteHealth = async (tx: Tx, webhook: Webhook, { status }: Verdict, slow: boolean, now: Date) => {
  const failingSince = status === 'delivered' ? null : (webhook.failingSince ?? now)
  if (webhook.slow === slow && webhook.failingSince?.getTime() === failingSince?.getTime()) return
  await tx.update(webhooks).set({ slow, failingSince }).where(eq(webhooks.id, webhook.id))
}

/** Gives up a delivery whose event is not kept any more: there is nothing to send. */
export const giveUp = (ctx: Context, { id }: Delivery) =>
  together(ctx, async (tx) => {
    await tx
      .update(webhookDeliveries)
      .set({ status: 'failed', nextAttemptAt: null })
      .where(eq(webhookDeliveries.id, id))
  })
