import { type Context, type Page, seconds } from '#core'
import type { PageRequest } from '#db'
import { filterOf } from './filter'
import type { Filters } from './models'
import { type Entry, entries } from './view'

/** How long one request checks the chain. Some 500,000 rows on a small machine. */
const VERIFY_TIME = seconds(5)

/** A page of the audit log, newest first. Throws VALIDATION_FAILED for a cursor of another list. */
export const list = async (ctx: Context, query: PageRequest & Filters): Promise<Page<Entry>> => {
  const { data, meta } = await ctx.journal.list(ctx, query, filterOf(query))
  return { data: await entries(ctx, data), meta }
}

/** Recomputes the chain of hashes, behind row `after` if it is given, for at most five seconds. Never blocks others. */
export const verify = (ctx: Context, after?: number) =>
  ctx.journal.verify({ within: VERIFY_TIME, ...(after !== undefined && { after }) })
