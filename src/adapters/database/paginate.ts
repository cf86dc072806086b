import { and, asc, type Column, desc, eq, gt, lt, or, type SQL } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { type Context, defineFailures, deriveKey, digest, keyedDigest, type Page } from '#core'

/** What a list was asked for, as it arrives: `pageQuery` in `#http` has checked the form. */
export interface PageRequest {
  limit?: string
  cursor?: string
  page?: string
  count?: 'true' | 'false'
  sort?: string
}

export interface Listing<T extends SQLiteTable, V> {
  from: T
  where?: SQL
  /** Columns that may be sorted by, under their public names; the first one is the default, newest first. */
  sort: Record<string, SQLiteColumn>
  /** Makes the order total. */
  id: SQLiteColumn
  /** Filters in force: a cursor made under others is refused. */
  filter?: unknown
  view: (row: T['$inferSelect']) => V
}

const DEFAULT_LIMIT = 20

const failures = defineFailures({
  VALIDATION_FAILED: ['invalid', 'Some fields are not as they have to be; see errors.'],
})

/**
 * One page of a table: by cursor at the same cost at any depth, or by number with a total. Cursors are signed and bound
 * to sort and filter. Throws VALIDATION_FAILED for a cursor that was not made for this list.
 */
export const paginate = async <T extends SQLiteTable, V>(
  ctx: Context,
  request: PageRequest,
  listing: Listing<T, V>,
): Promise<Page<V>> => {
  const limit = Number(request.limit ?? DEFAULT_LIMIT)
  const { column, descending, name } = orderOf(request, listing)
  const bound = digest(JSON.stringify([name, descending, listing.filter ?? null]))
  const direction = descending ? desc : asc
  const start =
    request.cursor === undefined
      ? undefined
      : beyond(readCursor(ctx, request.cursor, bound), column, listing.id, descending)
  const page = request.page === undefined ? undefined : Number(request.page)
  const rows = await ctx.db
    .select()
    .from(listing.from as SQLiteTable)
    .where(and(listing.where, start))
    .orderBy(direction(column), direction(listing.id))
    .limit(limit + 1)
    .offset(page === undefined ? 0 : (page - 1) * limit)
  const shown = rows.slice(0, limit) as T['$inferSelect'][]
  const last = rows.length > limit ? shown.at(-1) : undefined
  const total =
    page !== undefined || request.count === 'true' ? await ctx.db.$count(listing.from, listing.where) : undefined
  return {
    data: shown.map(listing.view),
    meta: {
      limit,
      nextCursor:
        last && page === undefined
          ? writeCursor(ctx, [keyOf(last, listing.from, column), keyOf(last, listing.from, listing.id)], bound)
          : null,
      ...(total === undefined ? {} : { total }),
      ...(page === undefined || total === undefined ? {} : { page, totalPages: Math.ceil(total / limit) }),
    },
  }
}

const orderOf = <T extends SQLiteTable, V>({ sort }: PageRequest, listing: Listing<T, V>) => {
  const name = sort?.replace(/^-/, '') ?? Object.keys(listing.sort)[0] ?? ''
  const column = listing.sort[name]
  if (!column)
    throw refused('/query/sort', `has to be one of ${Object.keys(listing.sort).join(', ')}, with - for descending`)
  return { name, column, descending: sort === undefined || sort.startsWith('-') }
}

/** The row-value comparison that makes a page deep in the list cost what the first one costs. */
const beyond = ([value, id]: [unknown, string], column: Column, idColumn: Column, descending: boolean) => {
  const past = descending ? lt : gt
  const at = column.dataType === 'date' && typeof value === 'number' ? new Date(value) : value
  return column === idColumn ? past(idColumn, id) : or(past(column, at), and(eq(column, at), past(idColumn, id)))
}

const keyOf = (row: Record<string, unknown>, table: SQLiteTable, column: SQLiteColumn): unknown => {
  const key = Object.entries(table).find(([, candidate]) => candidate === column)?.[0] ?? ''
  const value = row[key]
  return value instanceof Date ? value.getTime() : value
}

const sign = (ctx: Context, body: string, bound: string) =>
  keyedDigest(deriveKey(ctx.config.secrets[0] ?? '', 'cursor'), `${bound}.${body}`).slice(0, 22)

const writeCursor = (ctx: Context, position: [unknown, unknown], bound: string) => {
  const body = Buffer.from(JSON.stringify(position)).toString('base64url')
  return `${body}.${sign(ctx, body, bound)}`
}

const readCursor = (ctx: Context, cursor: string, bound: string): [unknown, string] => {
  const [body = '', signature = ''] = cursor.split('.')
  if (signature !== sign(ctx, body, bound))
    throw refused('/query/cursor', 'has to be the nextCursor of a list with the same sort and filter')
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as [unknown, string]
}

const refused = (path: string, message: string) => failures.VALIDATION_FAILED({ errors: [{ path, message }] })
