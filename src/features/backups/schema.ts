import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { timestamp } from '#db'

export type BackupStatus = 'pending' | 'running' | 'completed' | 'failed'

/** What is known of backups. Each one has a description beside it in the vault too: this table is in what it describes. */
export const backups = sqliteTable(
  'backups',
  {
    id: text('id').primaryKey(),
    status: text('status').$type<BackupStatus>().notNull(),
    /** Bytes. */
    size: integer('size'),
    sha256: text('sha256'),
    encrypted: integer('encrypted', { mode: 'boolean' }).notNull().default(false),
    /** Empty until somebody has looked. */
    verified: integer('verified', { mode: 'boolean' }),
    verifiedAt: timestamp('verified_at'),
    /** Why it failed, or what was wrong with it. */
    problem: text('problem'),
    requestedBy: text('requested_by'),
    createdAt: timestamp('created_at').notNull(),
    completedAt: timestamp('completed_at'),
  },
  (table) => [index('backups_created').on(table.createdAt, table.id), index('backups_status').on(table.status)],
)

/** Digests of the ids of people who were erased: they stay so whatever backup is restored. Nobody can be told from one. */
export const erasures = sqliteTable('erasures', {
  digest: text('digest').primaryKey(),
  erasedAt: timestamp('erased_at').notNull(),
})

export type Backup = typeof backups.$inferSelect
