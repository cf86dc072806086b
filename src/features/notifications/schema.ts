import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { NotificationCategory } from '#core'
import { timestamp } from '#db'
import { users } from '../users/schema'

const owner = () =>
  text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })

export const notifications = sqliteTable(
  'notifications',
  {
    id: text('id').primaryKey(),
    userId: owner(),
    /** The event it tells of: it is told once. */
    eventId: text('event_id').notNull(),
    type: text('type').notNull(),
    category: text('category').$type<NotificationCategory>().notNull(),
    title: text('title').notNull(),
    link: text('link'),
    /** False for what is told by other channels only. */
    inApp: integer('in_app', { mode: 'boolean' }).notNull().default(true),
    createdAt: timestamp('created_at').notNull(),
    readAt: timestamp('read_at'),
  },
  (table) => [
    uniqueIndex('notifications_event').on(table.userId, table.eventId),
    index('notifications_user').on(table.userId, table.createdAt, table.id),
    index('notifications_unread').on(table.userId, table.inApp).where(sql`read_at is null`),
    index('notifications_age').on(table.createdAt),
  ],
)

/** Only what somebody has changed; everything else is as `preferences.ts` says. */
export const notificationPreferences = sqliteTable(
  'notification_preferences',
  {
    userId: owner(),
    category: text('category').$type<NotificationCategory>().notNull(),
    inApp: integer('in_app', { mode: 'boolean' }).notNull(),
    email: integer('email', { mode: 'boolean' }).notNull(),
    push: integer('push', { mode: 'boolean' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.category] })],
)

/** Browsers that take messages (RFC 8030). */
export const pushSubscriptions = sqliteTable(
  'push_subscriptions',
  {
    id: text('id').primaryKey(),
    userId: owner(),
    endpoint: text('endpoint').notNull(),
    p256dh: text('p256dh').notNull(),
    auth: text('auth').notNull(),
    createdAt: timestamp('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('push_subscriptions_endpoint').on(table.userId, table.endpoint),
    index('push_subscriptions_user').on(table.userId),
  ],
)

export type Notification = typeof notifications.$inferSelect
