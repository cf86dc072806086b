import { isNull } from 'drizzle-orm'
import { integer, type SQLiteColumn, text } from 'drizzle-orm/sqlite-core'

/** A moment: a Date in code, milliseconds since 1970 in the table. */
export const timestamp = <const N extends string>(name: N) => integer(name, { mode: 'timestamp_ms' })

/** A value kept as JSON text. Not validated on the way out. */
export const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>()

/** The columns of a table whose rows can be brought back until they are purged. */
export const softDelete = () => ({ deletedAt: timestamp('deleted_at'), deletedBy: text('deleted_by') })

/** The default scope of such a table: rows that are not deleted. */
export const alive = (table: { deletedAt: SQLiteColumn }) => isNull(table.deletedAt)
