import { type SQL, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { changed } from './changed'

/** Rows that one step over many takes: some milliseconds of the one writer. */
export const AT_ONCE = 500

/** Those of a table's rows that match, at most `AT_ONCE`: what is changed so keeps nobody else waiting. */
export const someOf = (table: SQLiteTable, where: SQL | undefined): SQL =>
  sql`rowid in (select rowid from ${table} where ${where} limit ${AT_ONCE})`

/** Whether there may be more, after a change of `someOf`. */
export const moreAfter = (result: unknown): 'more' | undefined => (changed(result) >= AT_ONCE ? 'more' : undefined)
