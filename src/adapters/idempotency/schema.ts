import { blob, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { timestamp } from '../database/columns'

/** Requests with an Idempotency-Key. Nothing in here can be read without the master secret. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    /** Keyed digest of caller and key. */
    id: text('id').primaryKey(),
    /** Keyed digest of method, path and body: a body may hold a password. */
    fingerprint: text('fingerprint').notNull(),
    /** The attempt that holds it; another one gets another name, and then the first can commit nothing more. */
    claim: text('claim').notNull(),
    leasedUntil: timestamp('leased_until').notNull(),
    /** Written in the transaction of the effect. */
    committedAt: timestamp('committed_at'),
    status: integer('status'),
    /** Headers and body, AES-256-GCM. */
    reply: blob('reply', { mode: 'buffer' }),
    expiresAt: timestamp('expires_at').notNull(),
  },
  (t) => [index('idempotency_keys_expiry').on(t.expiresAt)],
)
