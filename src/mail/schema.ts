import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { timestamp } from '#db'

export type MailStatus = 'queued' | 'sent' | 'failed' | 'suppressed' | 'skipped'

/** What was mailed, for the admin's mail log. No body and no token: those are never kept. */
export const emails = sqliteTable(
  'emails',
  {
    /** The delivery job's id, which is the idempotency key at the provider. */
    id: text('id').primaryKey(),
    template: text('template').notNull(),
    userId: text('user_id'),
    /** Known once the mail has been composed. */
    recipient: text('recipient'),
    subject: text('subject'),
    status: text('status').$type<MailStatus>().notNull(),
    /** Why the latest attempt failed; without addresses. */
    error: text('error'),
    providerId: text('provider_id'),
    requestId: text('request_id'),
    createdAt: timestamp('created_at').notNull(),
    sentAt: timestamp('sent_at'),
  },
  (table) => [index('emails_created').on(table.createdAt, table.id), index('emails_user').on(table.userId)],
)

/** Addresses that get nothing more. Only their hash is kept, so that the list survives the erasure of a person. */
export const mailSuppressions = sqliteTable('mail_suppressions', {
  addressHash: text('address_hash').primaryKey(),
  reason: text('reason').$type<'bounced' | 'complained' | 'manual'>().notNull(),
  createdAt: timestamp('created_at').notNull(),
})
