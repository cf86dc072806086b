import { and, eq } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { journal } from '#db'
import { sendMail } from '#mail'
import { webhookDisabled } from './events'
import { webhookDisabledMail } from './mails'
import { type DisabledReason, type Webhook, webhookDeliveries, webhooks } from './schema'
import { hostOf } from './view'

/** Turns an endpoint off in the caller's transaction. What it has not got counts as failed, so it can be recovered. */
export const disable = async (tx: Tx, ctx: Context, webhook: Webhook, reason: DisabledReason) => {
  const { id: webhookId, userId } = webhook
  await tx
    .update(webhooks)
    .set({ disabledAt: ctx.now, disabledReason: reason, updatedAt: ctx.now })
    .where(eq(webhooks.id, webhookId))
  await failPending(tx, webhookId)
  await journal.record(tx, ctx, webhookDisabled, { userId, webhookId, host: hostOf(webhook), reason })
  if (reason !== 'owner') await sendMail(tx, ctx, webhookDisabledMail, { userId, webhookId })
}

/** Gives up what waits to be sent to an endpoint. */
export const failPending = async (tx: Tx, webhookId: string) => {
  await tx
    .update(webhookDeliveries)
    .set({ status: 'failed', nextAttemptAt: null })
    .where(and(eq(webhookDeliveries.webhookId, webhookId), eq(webhookDeliveries.status, 'pending')))
}
