import { type TSchema, t } from 'elysia'

/** Numbers that a pattern may list one by one. */
const LISTED = 1_000

/**
 * A whole number in a query. Checked as text, so that a bad one is refused by its name instead of being bent. A wide
 * range is checked by the number of digits only.
 */
export const queryInteger = (min: number, max: number) =>
  t.String({
    pattern:
      max - min < LISTED
        ? `^(${Array.from({ length: max - min + 1 }, (_, i) => min + i).join('|')})$`
        : `^(0|[1-9]\\d{0,${String(max).length - 1}})$`,
    error: `has to be a whole number from ${min} to ${max}`,
    'x-integer': { minimum: min, maximum: max },
  })

/** A moment in a query, such as `2026-11-22T10:00:00.000Z`, or a day, which begins at midnight UTC. */
export const queryTime = () =>
  t.String({
    format: 'date-time',
    error: 'has to be a time such as 2026-11-22T10:00:00.000Z',
    examples: ['2026-11-22T10:00:00.000Z'],
  })

/** One of some words in a query. Not `t.UnionEnum`, which takes the first one where there is none. */
export const queryWord = <const W extends string>(...words: [W, W, ...W[]]) =>
  t.Unsafe<W>(
    t.Union(
      words.map((word) => t.Literal(word)),
      { error: `has to be one of ${words.join(', ')}`, 'x-enum': words },
    ),
  )

const flag = () =>
  t.Union([t.Literal('true'), t.Literal('false')], { error: 'has to be true or false', 'x-boolean': true })

/** A query that takes these parameters and no other: a filter that does not exist must not look as if it had found all. */
export const strictQuery = <const P extends Record<string, TSchema>>(parameters: P) =>
  t.Object(parameters, { additionalProperties: t.Never({ error: 'is not a parameter here' }) })

/** What every list takes; `sorts` are the names that may be sorted by. Any other parameter is refused. */
export const pageQuery = <const F extends Record<string, TSchema>>(sorts: readonly string[], filters: F) =>
  strictQuery({
    limit: t.Optional(
      t.String({
        pattern: '^([1-9]\\d?|100)$',
        error: 'has to be a whole number from 1 to 100',
        'x-integer': { minimum: 1, maximum: 100, default: 20 },
      }),
    ),
    cursor: t.Optional(t.String({ maxLength: 1024, error: 'has to be the nextCursor of a page before' })),
    page: t.Optional(
      t.String({ pattern: '^[1-9]\\d{0,6}$', error: 'has to be a whole number from 1', 'x-integer': { minimum: 1 } }),
    ),
    count: t.Optional(flag()),
    sort: t.Optional(
      t.String({
        pattern: `^-?(${sorts.join('|')})$`,
        error: `has to be one of ${sorts.join(', ')}, with - for descending`,
        'x-enum': sorts.flatMap((name) => [name, `-${name}`]),
      }),
    ),
    ...filters,
  })

/** The answer of a list. */
export const pageOf = <T extends TSchema>(item: T) =>
  t.Object({
    data: t.Array(item),
    meta: t.Object({
      limit: t.Integer(),
      nextCursor: t.Nullable(t.String()),
      total: t.Optional(t.Integer()),
      page: t.Optional(t.Integer()),
      totalPages: t.Optional(t.Integer()),
    }),
  })

interface Meta {
  nextCursor: string | null
  page?: number
  totalPages?: number
}

/** `Link` (RFC 8288) for a page: `next`, and in page mode also `first`, `prev` and `last`. */
export const linkHeader = (url: string, { nextCursor, page, totalPages }: Meta): string | undefined => {
  const { pathname, searchParams } = new URL(url)
  const link = (rel: string, name: string, value: string) => {
    const params = new URLSearchParams(searchParams)
    params.set(name, value)
    return `<${pathname}?${params}>; rel="${rel}"`
  }
  const links: string[] = []
  if (nextCursor) links.push(link('next', 'cursor', nextCursor))
  if (page !== undefined && totalPages !== undefined) {
    if (page < totalPages) links.push(link('next', 'page', String(page + 1)))
    links.push(link('first', 'page', '1'))
    if (page > 1) links.push(link('prev', 'page', String(page - 1)))
    links.push(link('last', 'page', String(Math.max(1, totalPages))))
  }
  return links.length > 0 ? links.join(', ') : undefined
}
