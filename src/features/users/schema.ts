import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '#db'

/** People. Passwords and sessions are kept elsewhere, so that no query on people can show one. */
export const users = sqliteTable(
  'users',
  {
    id: text('id').primaryKey(),
    /** Trimmed and in lower case: two spellings of one address are one account. */
    email: text('email').notNull(),
    name: text('name').notNull(),
    role: text('role')
      .notNull()
      .references(() => roles.name, { onUpdate: 'cascade' }),
    locale: text('locale').notNull().default('en'),
    timezone: text('timezone').notNull().default('UTC'),
    avatarFileId: text('avatar_file_id'),
    emailVerifiedAt: timestamp('email_verified_at'),
    twoFactorEnabledAt: timestamp('two_factor_enabled_at'),
    bannedAt: timestamp('banned_at'),
    /** Empty: until somebody lifts it. */
    bannedUntil: timestamp('banned_until'),
    banReason: text('ban_reason'),
    deletionScheduledAt: timestamp('deletion_scheduled_at'),
    deletedAt: timestamp('deleted_at'),
    deletedBy: text('deleted_by'),
    lastSeenAt: timestamp('last_seen_at'),
    createdAt: timestamp('created_at').notNull(),
    updatedAt: timestamp('updated_at').notNull(),
    /** Rises with each change: the entity tag. */
    version: integer('version').notNull().default(1),
  },
  (table) => [
    uniqueIndex('users_email_alive').on(table.email).where(sql`deleted_at is null`),
    index('users_created').on(table.createdAt, table.id),
    index('users_role').on(table.role),
    index('users_deletion').on(table.deletionScheduledAt).where(sql`deletion_scheduled_at is not null`),
  ],
)

export const roles = sqliteTable('roles', {
  name: text('name').primaryKey(),
  description: text('description').notNull(),
  permissions: json<string[]>('permissions').notNull(),
  builtin: integer('builtin', { mode: 'boolean' }).notNull().default(false),
  createdAt: timestamp('created_at').notNull(),
  updatedAt: timestamp('updated_at').notNull(),
})

export type User = typeof users.$inferSelect
export type Role = typeof roles.$inferSelect
