import { and, eq, gte, sql } from 'drizzle-orm'
import type { Page, Signed, Tx } from '#core'
import { journal, type PageRequest, paginate, transaction } from '#db'
import { get } from './endpoints'
import { webhookRecovered, webhookRetried, webhookTested } from './events'
import { failures, wrong } from './failures'
import { addDelivery, RECOVERABLE } from './fan-out'
import { openLane } from './lane'
import { type Delivery, type DeliveryStatus, webhookDeliveries as deliveries, type Webhook } from './schema'
import { deliveryView, hostOf } from './view'

/** Deliveries that one call sends again; the oldest come first. */
const RECOVER_AT_ONCE = 10_000

type View = ReturnType<typeof deliveryView>
type Filter = { status?: DeliveryStatus; eventType?: string }

/** What was sent to an endpoint, and what came of it. Throws WEBHOOK_NOT_FOUND. */
export const listDeliveries = async (ctx: Signed, id: string, query: PageRequest & Filter): Promise<Page<View>> => {
  await get(ctx, id)
  const { status, eventType } = query
  const where = and(
    eq(deliveries.webhookId, id),
    status === undefined ? undefined : eq(deliveries.status, status),
    eventType === undefined ? undefined : eq(deliveries.eventType, eventType),
  )
  const sort = { createdAt: deliveries.createdAt }
  const filter = [id, status, eventType]
  return paginate(ctx, query, { from: deliveries, where, sort, id: deliveries.id, filter, view: deliveryView })
}

/** An endpoint that can be sent to. Throws WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED. */
const getEnabled = async (tx: Tx, ctx: Signed, id: string): Promise<Webhook> => {
  const webhook = await get(ctx, id, tx)
  if (webhook.disabledAt) throw failures.WEBHOOK_DISABLED()
  return webhook
}

const find = async (tx: Tx, webhookId: string, id: string): Promise<Delivery> => {
  const [delivery] = await tx
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.webhookId, webhookId), eq(deliveries.id, id)))
  if (!delivery) throw failures.DELIVERY_NOT_FOUND()
  return delivery
}

const anew = (ctx: Signed) => ({ status: 'pending', tries: 0, nextAttemptAt: ctx.now }) as const

/** Sends a test event to one endpoint, whatever it listens to. Throws WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED. */
export const test = (ctx: Signed, id: string): Promise<View> =>
  transaction(ctx, async (tx) => {
    const webhook = await getEnabled(tx, ctx, id)
    const event = await journal.record(tx, ctx, webhookTested, { userId: webhook.userId, webhookId: id })
    const deliveryId = await addDelivery(tx, ctx, webhook, event)
    await openLane(tx, ctx, webhook, ctx.now)
    return deliveryView(await find(tx, id, deliveryId ?? ''))
  })

/**
 * Sends a delivery again, now and from the beginning of the schedule, whatever came of it. The receiver gets the same id.
 * Throws WEBHOOK_NOT_FOUND, DELIVERY_NOT_FOUND, WEBHOOK_DISABLED.
 */
export const retry = (ctx: Signed, id: string, deliveryId: string): Promise<View> =>
  transaction(ctx, async (tx) => {
    const webhook = await get(ctx, id, tx)
    await find(tx, id, deliveryId)
    if (webhook.disabledAt) throw failures.WEBHOOK_DISABLED()
    await tx.update(deliveries).set(anew(ctx)).where(eq(deliveries.id, deliveryId))
    const { userId } = webhook
    await journal.record(tx, ctx, webhookRetried, { userId, webhookId: id, host: hostOf(webhook), deliveryId })
    await openLane(tx, ctx, webhook, ctx.now)
    return deliveryView(await find(tx, id, deliveryId))
  })

/**
 * Sends again what has failed since a moment in the last 14 days, also what an endpoint has missed while it was off.
 * Returns how many; call it again while that is 10,000. Throws WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED, VALIDATION_FAILED.
 */
export const recover = (ctx: Signed, id: string, since: Date): Promise<number> =>
  transaction(ctx, async (tx) => {
    const webhook = await getEnabled(tx, ctx, id)
    const age = ctx.now.getTime() - since.getTime()
    if (Number.isNaN(age) || age < 0 || age > RECOVERABLE)
      throw wrong('/since', 'has to be a time in the last 14 days, such as 2026-11-22T10:00:00.000Z')
    const failed = and(eq(deliveries.webhookId, id), eq(deliveries.status, 'failed'), gte(deliveries.createdAt, since))
    const chosen = tx
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(failed)
      .orderBy(deliveries.createdAt, deliveries.id)
      .limit(RECOVER_AT_ONCE)
    const again = await tx
      .update(deliveries)
      .set(anew(ctx))
      .where(sql`${deliveries.id} in ${chosen}`)
      .returning({ id: deliveries.id })
    const { userId } = webhook
    const about = { userId, webhookId: id, host: hostOf(webhook), since: since.toISOString(), count: again.length }
    await journal.record(tx, ctx, webhookRecovered, about)
    if (again.length > 0) await openLane(tx, ctx, webhook, ctx.now)
    return again.length
  })
