import { and, eq, sql } from 'drizzle-orm'
import { type Context, perApp, seconds, traced } from '#core'
import { prepared } from '#db'
import { headersOf, messageOf } from './message'
import { giveUp, record } from './record'
import { type Delivery, webhookDeliveries, webhooks } from './schema'

/** How long a lane takes up new deliveries before it lets others have its place. */
const TURN = seconds(15)
/** Deliveries read in one go. */
const AT_ONCE = 25
/** How soon it looks for new ones while it waits for answers, in milliseconds: other processes bring some too. */
const LOOK_AGAIN = 250
/** How long it stays when there is nothing left, in milliseconds: where events are many, a job for each would be waste. */
const LINGER = 50

const due = prepared((db) =>
  db
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.webhookId, sql.placeholder('webhookId')),
        sql`status = 'pending' and next_attempt_at <= ${sql.placeholder('now')}`,
        sql`id not in (select value from json_each(${sql.placeholder('running')}))`,
      ),
    )
    .orderBy(webhookDeliveries.nextAttemptAt, webhookDeliveries.id)
    .limit(AT_ONCE)
    .prepare(),
)

const byId = prepared((db) =>
  db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, sql.placeholder('id')), sql`disabled_at is null`))
    .prepare(),
)

/** Lanes that run in this process, and how to tell them that there is more to send. */
const awake = perApp((): Map<string, () => void> => new Map())

/** Tells the endpoint's lane, if this process runs it, to look again at once. */
export const wakeLane = (ctx: Context, webhookId: string) => awake(ctx).get(webhookId)?.()

/**
 * Sends what is due to one endpoint, `width` at a time, until nothing has come for a moment, the turn is over, or an
 * attempt could not be written down; that one is thrown, and so is the reason of `signal` when the process stops.
 */
export const sendDue = async (ctx: Context, webhookId: string, width: number, signal: AbortSignal): Promise<void> => {
  const begun = performance.now()
  const running = new Set<string>()
  const failures: unknown[] = []
  let found: Delivery[] = []
  let news = Promise.withResolvers<boolean>()
  let look = true
  const start = (delivery: Delivery) => {
    running.add(delivery.id)
    void sendOne(ctx, delivery, signal)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        running.delete(delivery.id)
        news.resolve(true)
      })
  }
  const goesOn = () => failures.length === 0 && !signal.aborted && performance.now() - begun < TURN

  awake(ctx).set(webhookId, () => {
    look = true
    news.resolve(true)
  })
  try {
    for (let idle = false; ; ) {
      // Made before the look, so that what comes after it is noticed.
      news = Promise.withResolvers()
      if (look && found.length === 0 && goesOn()) {
        look = false
        found = await next(ctx, webhookId, running)
        look ||= found.length === AT_ONCE
      }
      if (!goesOn()) found = []
      for (const delivery of found.splice(0, width - running.size)) start(delivery)
      if (running.size === 0 && (idle || !goesOn())) break
      const pause = running.size === 0 ? LINGER : running.size < width && goesOn() ? LOOK_AGAIN : undefined
      const heard = await within(pause, news.promise)
      if (!heard) look = true
      idle = !heard && running.size === 0
    }
  } finally {
    awake(ctx).delete(webhookId)
  }
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}

/** Deliveries that are due and not on their way yet. */
const next = (ctx: Context, webhookId: string, running: ReadonlySet<string>): Promise<Delivery[]> =>
  due(ctx.db).all({ webhookId, now: ctx.clock.now().getTime(), running: JSON.stringify([...running]) })

/** True as soon as there is news; false if there is none for `pause` milliseconds. Without a pause it waits for news. */
const within = async (pause: number | undefined, news: Promise<boolean>): Promise<boolean> => {
  if (pause === undefined) return news
  const timer = Promise.withResolvers<boolean>()
  const timeout = setTimeout(() => timer.resolve(false), pause)
  const heard = await Promise.race([news, timer.promise])
  clearTimeout(timeout)
  return heard
}

const sendOne = async (ctx: Context, delivery: Delivery, signal: AbortSignal): Promise<void> => {
  // Read anew each time: it may have been changed or turned off a moment ago.
  const webhook = await byId(ctx.db).get({ id: delivery.webhookId })
  if (!webhook) return
  const event = await ctx.journal.find(delivery.eventId)
  if (!event) return giveUp(ctx, delivery)
  const message = messageOf(event)
  const at = ctx.clock.now()
  const about = { 'keel.webhook_id': webhook.id, 'keel.event_id': event.id }
  const options = { kind: 'client', parent: delivery.traceparent, attributes: about } as const
  const reply = await traced(ctx, 'webhook', options, async (span) => {
    const traceparent = span?.traceparent ?? delivery.traceparent
    const headers = { ...headersOf(ctx, webhook, message, event.requestId), ...(traceparent && { traceparent }) }
    const answer = await ctx.outbound.post(webhook.url, { headers, body: message.body, signal })
    span?.set(
      answer.kind === 'answered' ? { 'http.response.status_code': answer.status } : { 'error.type': answer.error },
    )
    return answer
  })
  if (!signal.aborted) await record(ctx, { delivery, reply, at })
}
