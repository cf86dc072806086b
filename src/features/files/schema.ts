import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '#db'

/** `awaited`: promised by a presigned upload. `storing`: on its way in. `leaving`: gone for everybody, objects still there. */
export type FileStatus = 'awaited' | 'storing' | 'ready' | 'leaving'
export type Visibility = 'private' | 'public'

/** A smaller picture made from a file. */
export interface Variant {
  size: number
  sha256: string
  width: number
  height: number
}

/**
 * What people uploaded. A row is there before its object and goes after it, so that nothing is stored that nobody knows.
 * The owner is no foreign key: files outlive their owner until a job has removed the objects.
 */
export const files = sqliteTable(
  'files',
  {
    id: text('id').primaryKey(),
    ownerId: text('owner_id').notNull(),
    name: text('name').notNull(),
    mimeType: text('mime_type').notNull(),
    /** Bytes: what counts against the owner's quota. */
    size: integer('size').notNull(),
    /** Of the content, in hex; once it is ready. */
    sha256: text('sha256'),
    width: integer('width'),
    height: integer('height'),
    visibility: text('visibility').$type<Visibility>().notNull(),
    status: text('status').$type<FileStatus>().notNull(),
    variants: json<Record<string, Variant>>('variants'),
    /** Until then one process makes the variants. */
    variantsLeasedUntil: timestamp('variants_leased_until'),
    /** Set by the sweep that did not find the object, for the next one. */
    missingSince: timestamp('missing_since'),
    createdAt: timestamp('created_at').notNull(),
  },
  (table) => [
    index('files_owner_created').on(table.ownerId, table.createdAt, table.id),
    index('files_owner_name').on(table.ownerId, table.name, table.id),
    index('files_owner_size').on(table.ownerId, table.size, table.id),
    index('files_created').on(table.createdAt, table.id),
    index('files_size').on(table.size, table.id),
    index('files_missing').on(table.missingSince).where(sql`missing_since is not null`),
    index('files_unsettled').on(table.createdAt).where(sql`status <> 'ready'`),
  ],
)

/** Bytes that a person's files take, those on their way in included. */
export const fileUsage = sqliteTable('file_usage', {
  ownerId: text('owner_id').primaryKey(),
  bytes: integer('bytes').notNull(),
})

export type FileRow = typeof files.$inferSelect
