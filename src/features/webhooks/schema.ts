import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '#db'
import { users } from '../users/schema'

/** Whose events an endpoint gets: its owner's, or everybody's. */
const SCOPES = ['own', 'app'] as const
/** Who turned it off: its owner, a receiver that answered 410, or five days without a success. */
const DISABLED_REASONS = ['owner', 'gone', 'failing'] as const
const STATUSES = ['pending', 'delivered', 'failed'] as const

export type DisabledReason = (typeof DISABLED_REASONS)[number]
export type DeliveryStatus = (typeof STATUSES)[number]

/** Where events are sent to. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    scope: text('scope', { enum: SCOPES }).notNull(),
    url: text('url').notNull(),
    /** Event types; `*` is all of them, `user.*` those that begin like that. */
    events: json<string[]>('events').notNull(),
    description: text('description'),
    /** Sealed; bound to the id of the row. */
    secret: text('secret').notNull(),
    /** The secret before the last rotation: signs too until `previousSecretUntil`. */
    previousSecret: text('previous_secret'),
    previousSecretUntil: timestamp('previous_secret_until'),
    disabledAt: timestamp('disabled_at'),
    disabledReason: text('disabled_reason', { enum: DISABLED_REASONS }),
    /** When the row of failures began that no success has ended yet. */
    failingSince: timestamp('failing_since'),
    /** Its last answer took long or did not come: it is served apart from the others. */
    slow: integer('slow', { mode: 'boolean' }).notNull().default(false),
    /** The one job that sends to it, if there is something to send, and when that job begins. */
    lane: text('lane'),
    laneAt: timestamp('lane_at'),
    createdAt: timestamp('created_at').notNull(),
    updatedAt: timestamp('updated_at').notNull(),
  },
  (table) => [
    index('webhooks_user').on(table.userId, table.createdAt, table.id),
    index('webhooks_app').on(table.id).where(sql`scope = 'app'`),
  ],
)

/** One try to deliver. */
export interface Attempt {
  at: string
  statusCode?: number
  /** Why there was no answer, by name. */
  error?: string
  durationMs: number
  /** At most 1 kB of the answer. */
  responseBody?: string
}

/** One event for one endpoint. What is sent is made from the journal each time: nothing of the event is kept here. */
export const webhookDeliveries = sqliteTable(
  'webhook_deliveries',
  {
    id: text('id').primaryKey(),
    webhookId: text('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    eventId: text('event_id').notNull(),
    eventType: text('event_type').notNull(),
    /** Whom the event is about, for erasure. */
    aboutId: text('about_id'),
    status: text('status', { enum: STATUSES }).notNull(),
    /** Tries since it was last begun: the place in the schedule. */
    tries: integer('tries').notNull().default(0),
    nextAttemptAt: timestamp('next_attempt_at'),
    attempts: json<Attempt[]>('attempts').notNull(),
    /** W3C trace context of what made it: the receiver's trace goes on from there. */
    traceparent: text('traceparent'),
    createdAt: timestamp('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('webhook_deliveries_event').on(table.webhookId, table.eventId),
    index('webhook_deliveries_list').on(table.webhookId, table.createdAt, table.id),
    index('webhook_deliveries_due').on(table.webhookId, table.nextAttemptAt).where(sql`status = 'pending'`),
    index('webhook_deliveries_age').on(table.createdAt),
    index('webhook_deliveries_about').on(table.aboutId).where(sql`about_id is not null`),
  ],
)

export type Webhook = typeof webhooks.$inferSelect
export type Delivery = typeof webhookDeliveries.$inferSelect
