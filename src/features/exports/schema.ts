import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '#db'

export type ExportKind = 'users' | 'me'
export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'zip'
export type ExportStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired'

/** Files that people asked for. The owner is no foreign key: the object is removed after they are gone. */
export const exports = sqliteTable(
  'exports',
  {
    id: text('id').primaryKey(),
    ownerId: text('owner_id').notNull(),
    kind: text('kind').$type<ExportKind>().notNull(),
    format: text('format').$type<ExportFormat>().notNull(),
    filter: json<Record<string, string>>('filter').notNull(),
    mail: integer('mail', { mode: 'boolean' }).notNull(),
    status: text('status').$type<ExportStatus>().notNull(),
    /** From 0 to 1. */
    progress: real('progress').notNull().default(0),
    rows: integer('rows'),
    /** Bytes. */
    size: integer('size'),
    sha256: text('sha256'),
    problem: text('problem'),
    /** Of what the link in the mail carries. */
    tokenDigest: text('token_digest'),
    createdAt: timestamp('created_at').notNull(),
    completedAt: timestamp('completed_at'),
    expiresAt: timestamp('expires_at'),
  },
  (table) => [
    index('exports_owner').on(table.ownerId, table.createdAt, table.id),
    index('exports_created').on(table.createdAt),
    index('exports_expiry').on(table.expiresAt),
  ],
)

export type ExportRow = typeof exports.$inferSelect
