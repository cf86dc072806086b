import { and, asc, desc, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { type Context, defineFailures, type Page } from '#core'
import { type Position, readCursor, writeCursor } from './cursor'

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
  /**
   * Columns that may be sorted by, under their public names; the first one is the default, newest first. Each needs an
   * index on the column and the id, or a page costs what sorting the table costs.
   */
  sort: Record<string, SQLiteColumn>
  /** Makes the order total. */
  id: SQLiteColumn
  /** Filters in force: a cursor made under others is refused. */
  filter?: unknown
  view: (row: T['$inferSelect']) => V
}

interface Order {
  name: string
  column: SQLiteColumn
  id: SQLiteColumn
  descending: boolean
}

const DEFAULT_LIMIT = 20

const failures = defineFailures({
  VALIDATION_FAILED: ['invalid', 'Some fields are not as they have to be; see errors.'],
})

/**
 * One page of a table: by cursor at the same cost at any depth, or by number with an exact total. Cursors are signed and
 * bound to the list, its sort and filter, and the caller. Throws VALIDATION_FAILED for any other one.
 */
export const paginate = async <T extends SQLiteTable, V>(
  ctx: Context,
  request: PageRequest,
  listing: Listing<T, V>,
): Promise<Page<V>> => {
  const limit = Number(request.limit ?? DEFAULT_LIMIT)
  const order = orderOf(request, listing)
  const page = request.page === undefined ? undefined : Number(request.page)
  if (page !== undefined && request.cursor !== undefined)
    throw refused('/query/page', 'has to be left out when there is a cursor')
  const list = [getTableConfig(listing.from).name, order.name, order.descending, listing.filter ?? null]
  const rows =
    page === undefined
      ? await rowsBeyond(ctx, listing, order, startOf(ctx, request, list), limit + 1)
      : await rowsAt(ctx, listing, order, (page - 1) * limit, limit)
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  const counted = page !== undefined || request.count === 'true'
  const total = counted ? await ctx.db.$count(listing.from, listing.where) : undefined
  return {
    data: shown.map(listing.view),
    meta: {
      limit,
      nextCursor: last ? writeCursor(ctx, list, positionOf(last, listing.from, order)) : null,
      ...(total === undefined ? {} : { total }),
      ...(page === undefined || total === undefined ? {} : { page, totalPages: Math.ceil(total / limit) }),
    },
  }
}

const orderOf = <T extends SQLiteTable, V>({ sort }: PageRequest, listing: Listing<T, V>): Order => {
  const name = sort?.replace(/^-/, '') ?? Object.keys(listing.sort)[0] ?? ''
  const column = Object.hasOwn(listing.sort, name) ? listing.sort[name] : undefined
  if (!column)
    throw refused('/query/sort', `has to be one of ${Object.keys(listing.sort).join(', ')}, with - for descending`)
  return { name, column, id: listing.id, descending: sort === undefined || sort.startsWith('-') }
}

const startOf = (ctx: Context, { cursor }: PageRequest, list: unknown): Position | undefined => {
  if (cursor === undefined) return undefined
  const position = readCursor(ctx, list, cursor)
  if (!position)
    throw refused('/query/cursor', 'has to be the nextCursor of a page before, with the same sort and filter')
  return position
}

type Listed = { from: SQLiteTable; where?: SQL }

/**
 * The rows behind a position. Rows that have no value come before all others, as SQLite sorts them; each of the two
 * parts is one walk along the index.
 */
const rowsBeyond = async (ctx: Context, listing: Listed, order: Order, start: Position | undefined, count: number) => {
  const rows: Row[] = []
  for (const part of partsOf(order, start)) {
    if (rows.length === count) break
    const where = and(listing.where, part)
    rows.push(...(await inOrder(ctx, { ...listing, where }, order).limit(count - rows.length)))
  }
  return rows
}

const rowsAt = async (ctx: Context, listing: Listed, order: Order, offset: number, count: number) =>
  await inOrder(ctx, listing, order).limit(count).offset(offset)

type Row = Record<string, unknown>

const inOrder = (ctx: Context, { from, where }: Listed, { column, id, descending }: Order) => {
  const direction = descending ? desc : asc
  const columns = column === id ? [direction(id)] : [direction(column), direction(id)]
  return ctx.db
    .select()
    .from(from)
    .where(where)
    .orderBy(...columns)
}

const partsOf = (order: Order, start: Position | undefined): (SQL | undefined)[] => {
  const { column, descending } = order
  if (column.notNull) return [start && beyond(order, start)]
  const [values, nulls] = [isNotNull(column), isNull(column)]
  if (!start) return descending ? [values, nulls] : [nulls, values]
  const atNull = start[0] === null
  const rest = atNull ? and(nulls, beyond({ ...order, column: order.id }, start)) : beyond(order, start)
  return atNull === descending ? [rest] : [rest, descending ? nulls : values]
}

/** A row-value comparison: SQLite seeks the index to it, however deep it lies. */
const beyond = ({ column, id, descending }: Order, [value, at]: Position): SQL => {
  const past = sql.raw(descending ? '<' : '>')
  return column === id ? sql`${id} ${past} ${at}` : sql`(${column}, ${id}) ${past} (${value}, ${at})`
}

const positionOf = (row: Row, table: SQLiteTable, { column, id }: Order): Position => [
  stored(row, table, column),
  stored(row, table, id),
]

/** A column's value as the database keeps it. */
const stored = (row: Row, table: SQLiteTable, column: SQLiteColumn): Position[number] => {
  const key = Object.entries(table).find(([, candidate]) => candidate === column)?.[0] ?? ''
  const value = row[key] ?? null
  const kept = value === null ? null : column.mapToDriverValue(value)
  if (kept === null || typeof kept === 'string' || typeof kept === 'number') return kept
  throw new Error(`A list cannot be sorted by ${column.name}: cursors hold text and numbers`)
}

const refused = (path: string, message: string) => failures.VALIDATION_FAILED({ errors: [{ path, message }] })
