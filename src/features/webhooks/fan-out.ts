import { sql } from 'drizzle-orm'
import { type Context, days, defineJob, later, newId, type RecordedEvent, type Tx } from '#core'
import { prepared } from '#db'
import { catalogue, takes } from './catalogue'
import { webhookTested } from './events'
import { openLane } from './lane'
import { ownerMay } from './owner'
import { type Webhook, webhookDeliveries, webhooks } from './schema'
import { together } from './together'

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
    const found = await keepThose(await listeners(ctx, event), (webhook) => ownerMay(ctx, webhook))
    if (found.length === 0) return
    const ids = JSON.stringify(found.map(({ id }) => id))
    await together(ctx, async (tx) => {
      // As they are now: a lane that ends and a new delivery must not miss each other.
      for (const webhook of await current(tx).all({ ids }))
        if ((await addDelivery(tx, ctx, webhook, event)) && !webhook.disabledAt)
          await openLane(tx, ctx, webhook, ctx.now)
    })
  },
})

/** Endpoints of one owner are alike to the question whether that may have the event. */
const keepThose = async (found: Webhook[], may: (webhook: Webhook) => Promise<boolean>) => {
  const answers = new Map<string, Promise<boolean>>()
  const kept: Webhook[] = []
  for (const webhook of found) {
    const key = `${webhook.scope} ${webhook.userId}`
    const answer = answers.get(key) ?? may(webhook)
    answers.set(key, answer)
    if (await answer) kept.push(webhook)
  }
  return kept
}

const current = prepared((db) => {
  const { id, disabledAt, lane, laneAt, slow } = webhooks
  return db
    .select({ id, disabledAt, lane, laneAt, slow })
    .from(webhooks)
    .where(sql`id in (select value from json_each(${sql.placeholder('ids')}))`)
    .prepare()
})

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
      traceparent: value('traceparent'),
      createdAt: value('createdAt'),
    })
    .onConflictDoNothing()
    .returning({ id: webhookDeliveries.id })
    .prepare()
})

/** Adds the delivery of an event to an endpoint; to one that is turned off as failed. Nothing if it has it already. */
export const addDelivery = async (
  tx: Tx,
  ctx: Context,
  webhook: Pick<Webhook, 'id' | 'disabledAt'>,
  event: RecordedEvent,
) => {
  const now = ctx.now.getTime()
  const [added] = await insert(tx).all({
    id: newId(),
    webhookId: webhook.id,
    eventId: event.id,
    eventType: event.type,
    aboutId: event.userId,
    status: webhook.disabledAt ? 'failed' : 'pending',
    nextAttemptAt: webhook.disabledAt ? null : now,
    traceparent: ctx.traceparent,
    createdAt: now,
  })
  return added?.id
}
