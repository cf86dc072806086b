import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '#db'
import { users } from '../users/schema'

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** SHA-256 of the secret, which has 214 random bits: nothing to guess, so nothing to slow down. */
    digest: text('digest').notNull(),
    /** Both ends of the secret, to recognise it by. */
    prefix: text('prefix').notNull(),
    last4: text('last4').notNull(),
    /** The secret before the last rotation, and until when it works. */
    previousDigest: text('previous_digest'),
    previousUntil: timestamp('previous_until'),
    scopes: json<string[]>('scopes').notNull(),
    /** Requests per window in seconds; the general limit when there is none. */
    rateLimit: json<{ limit: number; window: number }>('rate_limit'),
    /** Addresses and CIDR ranges it may come from; any when there is none. */
    allowedIps: json<string[]>('allowed_ips'),
    createdAt: timestamp('created_at').notNull(),
    expiresAt: timestamp('expires_at'),
    lastUsedAt: timestamp('last_used_at'),
    revokedAt: timestamp('revoked_at'),
  },
  (table) => [
    uniqueIndex('api_keys_digest').on(table.digest),
    uniqueIndex('api_keys_previous').on(table.previousDigest),
    index('api_keys_user').on(table.userId, table.revokedAt, table.createdAt, table.id),
    index('api_keys_revoked').on(table.revokedAt),
  ],
)

/** Requests per key and day (UTC). */
export const apiKeyUsage = sqliteTable(
  'api_key_usage',
  {
    apiKeyId: text('api_key_id')
      .notNull()
      .references(() => apiKeys.id, { onDelete: 'cascade' }),
    /** `2026-11-22` */
    day: text('day').notNull(),
    requests: integer('requests').notNull(),
  },
  (table) => [primaryKey({ columns: [table.apiKeyId, table.day] })],
)

export type ApiKey = typeof apiKeys.$inferSelect
