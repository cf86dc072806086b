import { type Context, defineJob, type EventType, minutes, newId, type RecordedEvent } from '#core'
import { bookkeeping, enqueue } from '#db'
import { findById } from '#features/users'
import { sendMail } from '#mail'
import { digestMail } from './mails'
import { preferencesOf } from './preferences'
import { pushToAll } from './push'
import { type Notification, notifications } from './schema'
import { view } from './view'

/** Mails wait for what else happens: one tells of all, and of nothing that has been read meanwhile. */
const DIGEST_WAIT = minutes(15)

type Telling = NonNullable<EventType['notify']>

/** How an event tells the person it is about, if its feature says so. */
const tellingOf = (ctx: Context, type: string): Telling | undefined =>
  ctx.features.flatMap((feature) => feature.events ?? []).find((event) => event.name === type)?.notify

/** True if somebody is to be told. Nobody is told of what they did to an account that is gone. */
export const isTold = (ctx: Context, event: RecordedEvent): boolean =>
  event.userId !== null && tellingOf(ctx, event.type) !== undefined

/** Tells the person an event is about by the channels they chose. A second run tells nothing twice. */
export const notify = defineJob<{ eventId: string }>('notifications.notify', {
  queue: 'notifications',
  run: async (ctx, { eventId }) => {
    const event = await ctx.journal.find(eventId)
    const telling = event && tellingOf(ctx, event.type)
    const user = event?.userId ? await findById(ctx.db, event.userId) : undefined
    if (!event || !telling || !user) return
    const preferences = (await preferencesOf(ctx.db, user.id))[telling.category]
    if (!preferences.inApp && !preferences.email && !preferences.push) return
    const notification: Notification = {
      id: newId(),
      userId: user.id,
      eventId,
      type: event.type,
      category: telling.category,
      title: telling.title(event.payload),
      link: telling.link ?? null,
      inApp: preferences.inApp,
      createdAt: ctx.now,
      readAt: null,
    }
    await bookkeeping(ctx, async (tx) => {
      const added = await tx
        .insert(notifications)
        .values(notification)
        .onConflictDoNothing()
        .returning({ id: notifications.id })
      if (added.length === 0) return
      if (preferences.inApp)
        tx.afterCommit(() => ctx.bus.publish('notifications', { userId: user.id, notification: view(notification) }))
      if (preferences.push) await enqueue(tx, ctx, pushToAll, { notificationId: notification.id })
      // Security mails are sent by the features themselves, at once.
      if (!preferences.email || telling.category === 'security') return
      const slot = Math.floor(ctx.now.getTime() / DIGEST_WAIT) * DIGEST_WAIT
      const payload = { userId: user.id, from: slot, to: slot + DIGEST_WAIT }
      await sendMail(tx, ctx, digestMail, payload, {
        runAt: new Date(payload.to),
        dedupeKey: `digest:${user.id}:${slot}`,
      })
    })
  },
})
