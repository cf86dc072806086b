import { and, eq, isNull, lt, ne, or, sql } from 'drizzle-orm'
import { type Context, days, defineJob, later, minutes, type Tx } from '#core'
import { bookkeeping, moreAfter, someOf } from '#db'
import { removeOne } from './endpoints'
import { openLane } from './lane'
import { webhookDeliveries, webhooks } from './schema'

/** How long deliveries can be looked at. */
const KEPT = days(30)
const PURGE_AT_ONCE = 1_000
/** What is due for longer than this, on a lane as old, has been forgotten: a job was discarded, or died for good. */
const FORGOTTEN = minutes(10)

/** Removes deliveries that are long over. */
export const purge = defineJob<Record<string, never>>('webhooks.purge', {
  run: async (ctx) => {
    const old = and(lt(webhookDeliveries.createdAt, later(ctx.now, -KEPT)), ne(webhookDeliveries.status, 'pending'))
    let gone = PURGE_AT_ONCE
    while (gone === PURGE_AT_ONCE) gone = await bookkeeping(ctx, (tx) => purgeSome(tx, old))
  },
})

const purgeSome = async (tx: Tx, old: ReturnType<typeof and>) => {
  const some = tx.select({ id: webhookDeliveries.id }).from(webhookDeliveries).where(old).limit(PURGE_AT_ONCE)
  const gone = await tx
    .delete(webhookDeliveries)
    .where(sql`${webhookDeliveries.id} in ${some}`)
    .returning({ id: webhookDeliveries.id })
  return gone.length
}

/** Opens a lane for endpoints whose own was lost. */
export const sweep = defineJob<Record<string, never>>('webhooks.sweep', {
  run: (ctx) =>
    bookkeeping(ctx, async (tx) => {
      const long = later(ctx.now, -FORGOTTEN)
      const overdue = sql`exists (select 1 from webhook_deliveries d where d.webhook_id = ${webhooks.id}
        and d.status = 'pending' and d.next_attempt_at < ${long.getTime()})`
      const forgotten = and(overdue, isNull(webhooks.disabledAt), or(isNull(webhooks.lane), lt(webhooks.laneAt, long)))
      for (const webhook of await tx.select().from(webhooks).where(forgotten))
        await openLane(tx, ctx, { ...webhook, lane: null, laneAt: null }, ctx.now)
    }),
})

/** What is held about a person: their endpoints without secrets, and what was sent to them without the answers. */
export const exportUser = async (ctx: Context, userId: string) => {
  const { id, url, events, description, scope, disabledAt, createdAt } = webhooks
  const columns = { id, url, events, description, scope, disabledAt, createdAt }
  const { eventType, status, createdAt: sentAt, webhookId, eventId } = webhookDeliveries
  return {
    'webhooks.json': await ctx.db.select(columns).from(webhooks).where(eq(webhooks.userId, userId)),
    'webhook-deliveries.json': await ctx.db
      .select({ webhookId, eventId, eventType, status, createdAt: sentAt })
      .from(webhookDeliveries)
      .innerJoin(webhooks, eq(webhooks.id, webhookId))
      .where(eq(webhooks.userId, userId)),
  }
}

/** Removes a person's endpoints, and what receivers of others have answered to events about them; some at a time. */
export const eraseUser = async (tx: Tx, ctx: Context, userId: string) => {
  for (const webhook of await tx.select().from(webhooks).where(eq(webhooks.userId, userId))) {
    const sent = someOf(webhookDeliveries, eq(webhookDeliveries.webhookId, webhook.id))
    if (moreAfter(await tx.delete(webhookDeliveries).where(sent))) return 'more'
    await removeOne(tx, ctx, webhook)
  }
  const answered = and(eq(webhookDeliveries.aboutId, userId), ne(webhookDeliveries.attempts, []))
  return moreAfter(await tx.update(webhookDeliveries).set({ attempts: [] }).where(someOf(webhookDeliveries, answered)))
}
