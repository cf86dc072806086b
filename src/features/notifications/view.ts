import type { Notification } from './schema'

/** A notification as its reader sees it. */
export const view = (notification: Notification) => ({
  id: notification.id,
  type: notification.type,
  category: notification.category,
  title: notification.title,
  link: notification.link,
  readAt: notification.readAt?.toISOString() ?? null,
  createdAt: notification.createdAt.toISOString(),
})

export type NotificationView = ReturnType<typeof view>
