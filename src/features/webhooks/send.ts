import { and, eq, sql } from 'drizzle-orm'
import { type Context, seconds } from '#core'
import { prepared } from '#db'
import { headersOf, messageOf } from './message'
import { giveUp, record } from './record'
import { type Delivery, webhookDeliveries, webhooks } from './schema'

/** How long a lane takes up new deliveries before it lets others have its place. */
const TURN = seconds(15)
/** How soon it looks for new ones while it waits for answers, in milliseconds. */
const LOOK_AGAIN = 250

const due = prepared((db) =>
  db
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.webhookId, sql.placeholder('webhookId')),
        sql`status = 'pending' and next_attempt_at <= ${sql.placeholder('now')}`,
      ),
    )
    .orderBy(webhookDeliveries.nextAttemptAt, webhookDeliveries.id)
    .limit(sql.placeholder('limit'))
    .prepare(),
)

const byId = prepared((db) =>
  db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, sql.placeholder('id')), sql`disabled_at is null`))
    .prepare(),
)

/**
 * Sends what is due to one endpoint, `width` at a time, until nothing is left, the turn is over or the endpoint turns
 * out to be slow. Throws when the process stops, or when what came of an attempt could not be written down.
 */
export const sendDue = async (ctx: Context, webhookId: string, width: number, signal: AbortSignal): Promise<void> => {
  const begun = performance.now()
  const running = new Set<string>()
  const failures: unknown[] = []
  let wake = Promise.withResolvers<void>()
  const start = (delivery: Delivery) => {
    running.add(delivery.id)
    void sendOne(ctx, delivery, signal)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        running.delete(delivery.id)
        wake.resolve()
      })
  }
  const goesOn = () => failures.length === 0 && !signal.aborted && performance.now() - begun < TURN

  for (;;) {
    const found = goesOn() ? await next(ctx, webhookId, running, width) : []
    for (const delivery of found) start(delivery)
    if (running.size === 0) break
    await soon(wake.promise, goesOn() && running.size < width)
    wake = Promise.withResolvers()
  }
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}

/** Deliveries that are due and not on their way, as many as there is room for. */
const next = async (ctx: Context, webhookId: string, running: ReadonlySet<string>, width: number) => {
  const rows = await due(ctx.db).all({ webhookId, now: ctx.clock.now().getTime(), limit: width })
  return rows.filter(({ id }) => !running.has(id)).slice(0, width - running.size)
}

/** When an answer has come; or, if there is room for more, a moment later. */
const soon = async (wake: Promise<void>, hasRoom: boolean) => {
  const timer = Promise.withResolvers<void>()
  const timeout = hasRoom ? setTimeout(timer.resolve, LOOK_AGAIN) : undefined
  await Promise.race([wake, timer.promise])
  clearTimeout(timeout)
}

const sendOne = async (ctx: Context, delivery: Delivery, signal: AbortSignal): Promise<void> => {
  // Read anew each time: it may have been changed or turned off a moment ago.
  const webhook = await byId(ctx.db).get({ id: delivery.webhookId })
  if (!webhook) return
  const event = await ctx.journal.find(delivery.eventId)
  if (!event) return giveUp(ctx, delivery)
  const message = messageOf(event)
  const at = ctx.clock.now()
  const reply = await ctx.outbound.post(webhook.url, {
    headers: headersOf(ctx, webhook, message, event.requestId),
    body: message.body,
    signal,
  })
  if (!signal.aborted) await record(ctx, { delivery, reply, at })
}
