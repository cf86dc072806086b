import { and, eq, inArray, isNull, lt } from 'drizzle-orm'
import { type Context, days, defineJob, later, type Signed } from '#core'
import { bookkeeping, changed, type PageRequest, paginate } from '#db'
import { failures } from './failures'
import { notifications } from './schema'
import { view } from './view'

/** How long notifications are kept, read or not. */
const RETENTION = days(90)

/** What somebody is shown: not what they want to be told by mail or push alone. */
const shownTo = (ctx: Signed) => and(eq(notifications.userId, ctx.actor.userId), eq(notifications.inApp, true))

interface Filter {
  unread?: 'true' | 'false'
  type?: string
}

/** The caller's notifications, newest first. */
export const list = (ctx: Signed, { unread, type, ...request }: PageRequest & Filter) =>
  paginate(ctx, request, {
    from: notifications,
    where: and(
      shownTo(ctx),
      unread === 'true' ? isNull(notifications.readAt) : undefined,
      type === undefined ? undefined : eq(notifications.type, type),
    ),
    sort: { createdAt: notifications.createdAt },
    id: notifications.id,
    filter: { unread: unread === 'true', type },
    view,
  })

/** How many the caller has not read: counted over an index of the unread ones only. */
export const unreadCount = (ctx: Signed): Promise<number> =>
  ctx.db.$count(notifications, and(shownTo(ctx), isNull(notifications.readAt)))

/** Marks some, or all, as read; ids of others are passed over. Returns how many are left unread. Throws NOTHING_TO_MARK. */
export const markRead = async (ctx: Signed, { ids, all }: { ids?: string[]; all?: boolean }): Promise<number> => {
  if (!all && !ids?.length) throw failures.NOTHING_TO_MARK()
  const unread = and(shownTo(ctx), isNull(notifications.readAt))
  return await bookkeeping(ctx, async (tx) => {
    const which = all ? unread : and(unread, inArray(notifications.id, ids ?? []))
    await tx.update(notifications).set({ readAt: ctx.now }).where(which)
    return await tx.$count(notifications, unread)
  })
}

/** Removes one of the caller's. Throws NOTIFICATION_NOT_FOUND. */
export const remove = async (ctx: Signed, id: string): Promise<void> => {
  const removed = await bookkeeping(ctx, (tx) =>
    tx.delete(notifications).where(and(shownTo(ctx), eq(notifications.id, id))),
  )
  if (changed(removed) === 0) throw failures.NOTIFICATION_NOT_FOUND()
}

/** Removes what is older than anybody scrolls. */
export const purge = defineJob<Record<string, never>>('notifications.purge', {
  run: async (ctx: Context) => {
    await bookkeeping(ctx, (tx) =>
      tx.delete(notifications).where(lt(notifications.createdAt, later(ctx.now, -RETENTION))),
    )
  },
})
