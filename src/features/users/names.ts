import { and, inArray } from 'drizzle-orm'
import type { Context } from '#core'
import { alive } from '#db'
import { users } from './schema'

/** Ids asked for in one statement. */
const AT_ONCE = 500

/** What people are called now, by id, in as few questions as can be. Whoever is gone, or no person at all, is missing. */
export const namesOf = async (
  ctx: Pick<Context, 'db'>,
  ids: Iterable<string | null | undefined>,
): Promise<ReadonlyMap<string, string>> => {
  const wanted = [...new Set(ids)].filter((id) => typeof id === 'string')
  const names = new Map<string, string>()
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const some = inArray(users.id, wanted.slice(from, from + AT_ONCE))
    const found = await ctx.db
      .select({ id: users.id, name: users.name })
      .from(users)
      .where(and(some, alive(users)))
    for (const { id, name } of found) names.set(id, name)
  }
  return names
}
