import { sql } from 'drizzle-orm'
import { type Context, days, defineJob, later, newId, type RecordedEvent, type Tx } from '#core'
import { bookkeeping, prepared } from '#db'
import { catalogue, takes } from './catalogue'
import { webhookTested } from './events'
import { openLane } from './lane'
import { ownerMay } from './owner'
import { type Webhook, webhookDeliveries, webhooks } from './schema'

/** How long an endpoint that is turned off goes on to note what it misses, so that it can be recovered. */
export const RECOVERABLE = days(14)

// Spelled out, not bound: SQLite uses a partial index only when it sees its condition.
const candidates = prepared((db) =>
  db
    .select()
    .from(webhooks)
    .where(
      sql`(scope = 'app' or (user_id = ${sql.placeholder('userId')} and scope = 'own'))
        and (disabled_at is null or disabled_at > ${sql.placeholder('since')})`,
    )
    .prepare(),
)

/** The endpoints that want an event: those of whom it is about, and those that get everybody's. */
const listeners = async (ctx: Context, event: RecordedEvent): Promise<Webhook[]> => {
  const since = later(ctx.now, -RECOVERABLE).getTime()
  const rows = await candidates(ctx.db).all({ userId: event.userId, since })
  return rows.filter(({ events }) => takes(events, event.type))
}

/** Asked in the transaction of every event there is: no job for one that nobody wants. A test goes to one endpoint only. */
export const isWanted = async (ctx: Context, event: RecordedEvent): Promise<boolean> =>
  event.type !== webhookTested.name && catalogue(ctx).has(event.type) && (await listeners(ctx, event)).length > 0

/** Makes one delivery for each endpoint that wants the event. Repeatable: an endpoint gets an event once. */
export const fanOut = defineJob<{ eventId: string }>('webhooks.fan-out', {
  queue: 'webhooks',
  maxAttempts: 30,
  run: async (ctx, { eventId }) => {
    const event = await ctx.journal.find(eventId)
    if (!event) return
    const found: Webhook[] = []
    for (const webhook of await listeners(ctx, event)) if (await ownerMay(ctx, webhook)) found.push(webhook)
    if (found.length === 0) return
    await bookkeeping(ctx, async (tx) => {
      for (const { id } of found) {
        // As it is now: a lane that ends and a new delivery must not miss each other.
        const webhook = await current(tx).get({ id })
        if (webhook && (await addDelivery(tx, ctx, webhook, event)) && !webhook.disabledAt)
          await openLane(tx, ctx, webhook, ctx.now)
      }
    })
  },
})

const current = prepared((db) =>
  db
    .select()
    .from(webhooks)
    .where(sql`id = ${sql.placeholder('id')}`)
    .prepare(),
)

const insert = prepared((db) => {
  const value = (name: string) => sql`${sql.placeholder(name)}`
  return db
    .insert(webhookDeliveries)
    .values({
      id: value('id'),
      webhookId: value('webhookId'),
      eventId: value('eventId'),
      eventType: value('eventType'),
      aboutId: value('aboutId'),
      status: value('status'),
      nextAttemptAt: value('nextAttemptAt'),
      attempts: sql`'[]'`,
      createdAt: value('createdAt'),
    })
    .onConflictDoNothing()
    .returning({ id: webhookDeliveries.id })
    .prepare()
})

/** Adds the delivery of an event to an endpoint; to one that is turned off as failed. Nothing if it has it already. */
export const addDelivery = async (tx: Tx, ctx: Context, webhook: Webhook, event: RecordedEvent) => {
  const now = ctx.now.getTime()
  const [added] = await insert(tx).all({
    id: newId(),
    webhookId: webhook.id,
    eventId: event.id,
    eventType: event.type,
    aboutId: event.userId,
    status: webhook.disabledAt ? 'failed' : 'pending',
    nextAttemptAt: webhook.disabledAt ? null : now,
    createdAt: now,
  })
  return added?.id
}
