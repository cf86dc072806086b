import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

// Full-text tables, made by a migration of their own: drizzle-kit knows no virtual tables, so they are not in `schema.ts`.
// The column named like the table takes commands: null adds the row, `delete` takes it out.

export const peopleWords = sqliteTable('people_words', {
  rowid: integer('rowid').notNull(),
  name: text('name').notNull(),
  mailbox: text('mailbox').notNull(),
  domain: text('domain').notNull(),
  command: text('people_words'),
})

export const peopleGrams = sqliteTable('people_grams', {
  rowid: integer('rowid').notNull(),
  name: text('name').notNull(),
  mailbox: text('mailbox').notNull(),
  command: text('people_grams'),
})
