import { createECDH } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { type Context, defineJob, deriveKey, hours, newId, PermanentFailure, type Signed, traced } from '#core'
import { bookkeeping, changed, enqueue, journal, transaction } from '#db'
import { pushSubscribed, pushUnsubscribed } from './events'
import { failures } from './failures'
import { notifications, pushSubscriptions } from './schema'

/** Browsers per person. */
const MAX_SUBSCRIPTIONS = 20
/** Seconds that a push service keeps a message for a browser that is off. */
const TIME_TO_LIVE = hours(24) / 1000

interface Subscription {
  endpoint: string
  keys: { p256dh: string; auth: string }
}

/** The key pair that push services know this service by (RFC 8292), derived, so that there is nothing to configure. */
const vapid = (ctx: Context) => {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(deriveKey(ctx.config.secrets.at(-1) ?? '', 'web-push'), 'base64url')
  return { publicKey: pair.getPublicKey('base64url'), privateKey: pair.getPrivateKey('base64url') }
}

/** What a browser needs to subscribe. */
export const pushKey = (ctx: Context): string => vapid(ctx).publicKey

/** Sends messages to a browser from now on. Throws PUSH_ADDRESS_REFUSED, TOO_MANY_PUSH_SUBSCRIPTIONS. */
export const subscribe = async (ctx: Signed, { endpoint, keys }: Subscription): Promise<{ id: string }> => {
  if (await ctx.outbound.check(endpoint))
    throw failures.PUSH_ADDRESS_REFUSED({
      errors: [{ path: '/endpoint', message: 'has to be the address of a push service' }],
    })
  const { userId } = ctx.actor
  return await transaction(ctx, async (tx) => {
    const mine = await tx.select().from(pushSubscriptions).where(eq(pushSubscriptions.userId, userId))
    const known = mine.find((one) => one.endpoint === endpoint)
    if (known) return { id: known.id }
    if (mine.length >= MAX_SUBSCRIPTIONS) throw failures.TOO_MANY_PUSH_SUBSCRIPTIONS()
    const id = newId()
    await tx.insert(pushSubscriptions).values({ id, userId, endpoint, ...keys, createdAt: ctx.now })
    await journal.record(tx, ctx, pushSubscribed, { userId, subscriptionId: id })
    return { id }
  })
}

/** Sends nothing to that browser any more. Throws PUSH_SUBSCRIPTION_NOT_FOUND. */
export const unsubscribePush = (ctx: Signed, id: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    const { userId } = ctx.actor
    const removed = await tx
      .delete(pushSubscriptions)
      .where(and(eq(pushSubscriptions.id, id), eq(pushSubscriptions.userId, userId)))
    if (changed(removed) === 0) throw failures.PUSH_SUBSCRIPTION_NOT_FOUND()
    await journal.record(tx, ctx, pushUnsubscribed, { userId, subscriptionId: id })
  })

/** One job per browser, so that one dead push service delays no other. */
export const pushToAll = defineJob<{ notificationId: string }>('notifications.push', {
  queue: 'notifications',
  run: async (ctx, { notificationId }) => {
    const [found] = await ctx.db
      .select({ userId: notifications.userId })
      .from(notifications)
      .where(eq(notifications.id, notificationId))
    if (!found) return
    const browsers = await ctx.db
      .select({ id: pushSubscriptions.id })
      .from(pushSubscriptions)
      .where(eq(pushSubscriptions.userId, found.userId))
    await bookkeeping(ctx, async (tx) => {
      for (const { id } of browsers)
        await enqueue(
          tx,
          ctx,
          pushToOne,
          { notificationId, subscriptionId: id },
          { dedupeKey: `push:${notificationId}:${id}` },
        )
    })
  },
})

export const pushToOne = defineJob<{ notificationId: string; subscriptionId: string }>('notifications.push-one', {
  queue: 'notifications',
  maxAttempts: 5,
  run: async (ctx, { notificationId, subscriptionId }, task) => {
    const [notification] = await ctx.db.select().from(notifications).where(eq(notifications.id, notificationId))
    const [browser] = await ctx.db.select().from(pushSubscriptions).where(eq(pushSubscriptions.id, subscriptionId))
    if (!notification || !browser) return
    const { default: webPush } = await import('web-push')
    const { title, link, id } = notification
    const { headers, body } = webPush.generateRequestDetails(
      { endpoint: browser.endpoint, keys: browser },
      JSON.stringify({ id, title, link }),
      {
        TTL: TIME_TO_LIVE,
        contentEncoding: 'aes128gcm',
        vapidDetails: { subject: contact(ctx), ...vapid(ctx) },
      },
    )
    const message = { headers: asText(headers), body, signal: task.signal }
    const reply = await traced(ctx, 'push', { kind: 'client' }, () => ctx.outbound.post(browser.endpoint, message))
    if (reply.kind === 'failed') throw new Error(`The push service did not answer: ${reply.error}`)
    if (reply.status === 404 || reply.status === 410) {
      await bookkeeping(ctx, (tx) => tx.delete(pushSubscriptions).where(eq(pushSubscriptions.id, subscriptionId)))
      return
    }
    if (reply.status === 429 || reply.status >= 500) throw new Error(`The push service answered ${reply.status}`)
    if (reply.status >= 400) throw new PermanentFailure(`The push service refused with ${reply.status}`)
  },
})

/** Whom a push service may write to: an https URL or an address. */
const contact = ({ config }: Context) =>
  config.appUrl.startsWith('https://') ? config.appUrl : 'mailto:no-reply@localhost'

const asText = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
