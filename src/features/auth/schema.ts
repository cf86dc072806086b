import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { timestamp } from '#db'
import { users } from '../users/schema'

const owner = () =>
  text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })

export const passwords = sqliteTable('passwords', {
  userId: owner().primaryKey(),
  hash: text('hash').notNull(),
  changedAt: timestamp('changed_at').notNull(),
})

/** One sign-in on one device: the family of its refresh tokens. */
export const sessions = sqliteTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: owner(),
    /** The admin behind an impersonation. */
    adminId: text('admin_id'),
    ip: text('ip'),
    userAgent: text('user_agent'),
    createdAt: timestamp('created_at').notNull(),
    lastSeenAt: timestamp('last_seen_at').notNull(),
    /** When password or second factor were proved last. */
    provedAt: timestamp('proved_at').notNull(),
    expiresAt: timestamp('expires_at').notNull(),
    revokedAt: timestamp('revoked_at'),
  },
  (table) => [
    index('sessions_user').on(table.userId, table.revokedAt),
    index('sessions_expiry').on(table.expiresAt),
    index('sessions_revoked').on(table.revokedAt).where(sql`revoked_at is not null`),
    index('sessions_admin').on(table.adminId).where(sql`admin_id is not null`),
  ],
)

/** Refresh tokens of a session, by digest. The newest unused one is active; its parent may ask for it once more. */
export const refreshTokens = sqliteTable(
  'refresh_tokens',
  {
    digest: text('digest').primaryKey(),
    sessionId: text('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: timestamp('created_at').notNull(),
    expiresAt: timestamp('expires_at').notNull(),
    usedAt: timestamp('used_at'),
    /** With the token itself this makes its successor again, so that only digests are kept. */
    successorSalt: text('successor_salt'),
    successor: text('successor'),
  },
  (table) => [index('refresh_tokens_session').on(table.sessionId)],
)

export type TokenPurpose =
  | 'verify_email'
  | 'reset_password'
  | 'confirm_email_change'
  | 'revert_email_change'
  | 'admin_setup'

/** Secrets that travel by mail and work once. */
export const oneTimeTokens = sqliteTable(
  'one_time_tokens',
  {
    id: text('id').primaryKey(),
    purpose: text('purpose').$type<TokenPurpose>().notNull(),
    digest: text('digest').notNull(),
    userId: text('user_id').references(() => users.id, { onDelete: 'cascade' }),
    /** The address it was made for: it dies when the account's address is another one. */
    email: text('email'),
    /** For a change of address: the one to change to, or to go back to. */
    newEmail: text('new_email'),
    createdAt: timestamp('created_at').notNull(),
    expiresAt: timestamp('expires_at').notNull(),
    usedAt: timestamp('used_at'),
  },
  (table) => [
    uniqueIndex('one_time_tokens_digest').on(table.digest),
    index('one_time_tokens_user').on(table.userId, table.purpose),
    index('one_time_tokens_expiry').on(table.expiresAt),
  ],
)

/** Failed attempts and sent mails per account and address: kept in the database so that a restart forgives nothing. */
export const throttles = sqliteTable(
  'throttles',
  {
    key: text('key').primaryKey(),
    count: integer('count').notNull(),
    resetsAt: timestamp('resets_at').notNull(),
  },
  (table) => [index('throttles_reset').on(table.resetsAt)],
)

/** Devices a person has signed in from, to tell a new one. */
export const knownDevices = sqliteTable(
  'known_devices',
  {
    userId: owner(),
    fingerprint: text('fingerprint').notNull(),
    lastSeenAt: timestamp('last_seen_at').notNull(),
  },
  (table) => [uniqueIndex('known_devices_key').on(table.userId, table.fingerprint)],
)

export type Session = typeof sessions.$inferSelect
