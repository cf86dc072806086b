import { sql } from 'drizzle-orm'
import { customType, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { json, softDelete, timestamp } from '#db'

/** Text that is sorted and compared without regard to upper and lower case (ASCII). */
const caseless = customType<{ data: string }>({ dataType: () => 'text collate nocase' })

/** People. Passwords and sessions are kept elsewhere, so that no query on people can show one. */
export const users = sqliteTable(
  'users',
  {
    id: text('id').primaryKey(),
    /** Trimmed and in lower case: two spellings of one address are one account. */
    email: text('email').notNull(),
    name: caseless('name').notNull(),
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
    ...softDelete(),
    lastSeenAt: timestamp('last_seen_at'),
    createdAt: timestamp('created_at').notNull(),
    updatedAt: timestamp('updated_at').notNull(),
    /** Rises with each change: the entity tag. */
    version: integer('version').notNull().default(1),
  },
  (table) => [
    // Also what counts people: an index of those that are not deleted.
    uniqueIndex('users_email_alive').on(table.email).where(sql`deleted_at is null`),
    // One per sort of the list, and one per filter that few meet.
    index('users_created').on(table.createdAt, table.id),
    index('users_name').on(table.name, table.id),
    index('users_seen').on(table.lastSeenAt, table.id),
    index('users_role').on(table.role, table.createdAt, table.id),
    index('users_unverified').on(table.createdAt, table.id).where(sql`email_verified_at is null`),
    index('users_banned').on(table.createdAt, table.id).where(sql`banned_at is not null`),
    index('users_deleted').on(table.createdAt, table.id).where(sql`deleted_at is not null`),
    index('users_deleted_at').on(table.deletedAt).where(sql`deleted_at is not null`),
    index('users_deleted_by').on(table.deletedBy).where(sql`deleted_by is not null`),
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

/**
 * What is searched in, spelled plainly (see `search-words.ts`), under a number: the full-text tables `people_words` and
 * `people_grams` point here. No cascade: a person that is still indexed cannot be deleted.
 */
export const peopleSearch = sqliteTable('people_search', {
  id: integer('id').primaryKey(),
  userId: text('user_id')
    .notNull()
    .unique()
    .references(() => users.id),
  name: text('name').notNull(),
  /** What stands before the @. */
  mailbox: text('mailbox').notNull(),
  domain: text('domain').notNull(),
})

export type User = typeof users.$inferSelect
export type Role = typeof roles.$inferSelect
