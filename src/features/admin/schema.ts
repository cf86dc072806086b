import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '#db'

/** What admins have set while the app runs, by name. What is not here is as it was built or configured. */
export const settings = sqliteTable('settings', {
  name: text('name').primaryKey(),
  value: json<unknown>('value').notNull(),
  updatedAt: timestamp('updated_at').notNull(),
  updatedBy: text('updated_by'),
})

/** Requests to deprecated versions by day (UTC), route and consumer. */
export const deprecatedUses = sqliteTable(
  'deprecated_uses',
  {
    /** `2026-11-22` */
    day: text('day').notNull(),
    version: text('version').notNull(),
    method: text('method').notNull(),
    /** Template such as `/api/v1/users/:id`. */
    route: text('route').notNull(),
    consumerType: text('consumer_type', { enum: ['user', 'api-key', 'anonymous'] }).notNull(),
    /** Of the person or the key; empty for a stranger. */
    consumerId: text('consumer_id').notNull(),
    /** Whose it is; their rows go when they are erased. */
    userId: text('user_id'),
    requests: integer('requests').notNull(),
    lastAt: timestamp('last_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.day, table.method, table.route, table.consumerType, table.consumerId] }),
    index('deprecated_uses_user').on(table.userId),
  ],
)
