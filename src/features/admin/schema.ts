import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '#db'

/** What admins have set while the app runs, by name. What is not here is as it was built or configured. */
export const settings = sqliteTable('settings', {
  name: text('name').primaryKey(),
  value: json<unknown>('value').notNull(),
  updatedAt: timestamp('updated_at').notNull(),
  updatedBy: text('updated_by'),
})
