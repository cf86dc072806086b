import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { timestamp } from '../database/columns'

/**
 * Everything that happened, in order. Triggers refuse any change but erasure and retention.
 *
 * What may be personal stands in two parts that can be erased apart from each other: the content (payload, label),
 * which belongs to whom the row is about, and the origin (ip, user agent), which belongs to who acted. The hash of the
 * row covers only their salted digests, so the chain holds when a part is gone, and nobody can guess what it was.
 */
export const events = sqliteTable(
  'events',
  {
    /** Rises by one for each row. */
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    type: text('type').notNull(),
    outcome: text('outcome', { enum: ['success', 'failure'] }).notNull(),
    actorType: text('actor_type').notNull(),
    actorId: text('actor_id'),
    /** The admin who acted as `actorId`. */
    impersonatorId: text('impersonator_id'),
    subjectType: text('subject_type').notNull(),
    subjectId: text('subject_id').notNull(),
    /** Whose history it belongs to. */
    userId: text('user_id'),
    requestId: text('request_id'),
    createdAt: timestamp('created_at').notNull(),

    /** JSON text, as it was hashed. Nothing once it is erased. */
    payload: text('payload'),
    subjectLabel: text('subject_label'),
    contentSalt: text('content_salt'),
    contentDigest: text('content_digest').notNull(),

    ip: text('ip'),
    userAgent: text('user_agent'),
    originSalt: text('origin_salt'),
    originDigest: text('origin_digest').notNull(),

    prevHash: text('prev_hash').notNull(),
    hash: text('hash').notNull(),
  },
  (t) => [
    index('events_type').on(t.type, t.seq),
    index('events_user').on(t.userId, t.seq).where(sql`user_id is not null`),
    index('events_actor').on(t.actorId, t.seq).where(sql`actor_id is not null`),
    index('events_impersonator').on(t.impersonatorId, t.seq).where(sql`impersonator_id is not null`),
    index('events_subject').on(t.subjectType, t.subjectId, t.seq),
    index('events_request').on(t.requestId).where(sql`request_id is not null`),
    index('events_ip').on(t.ip, t.seq).where(sql`ip is not null`),
    index('events_failed').on(t.seq).where(sql`outcome = 'failure'`),
  ],
)

export type Row = typeof events.$inferSelect

/** Where the chain starts since older rows were retired: rows up to `seq` are gone, the last of them had `hash`. */
export const journalRetention = sqliteTable('journal_retention', {
  seq: integer('seq').primaryKey(),
  hash: text('hash').notNull(),
  retiredAt: timestamp('retired_at').notNull(),
})
