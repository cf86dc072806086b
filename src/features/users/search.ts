import { and, desc, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { Context } from '#core'
import { alive } from '#db'
import { peopleSearch, type User, users } from './schema'
import { almostBeginning, beginning, exactly, misspelled } from './search-queries'
import { type Candidate, ranked } from './search-rank'
import { wordsOf } from './search-words'

/** Words of a question that are looked at, and letters of each. */
const WORDS = 6
const LETTERS = 32
/**
 * The newest so many of each kind are ranked, so that a question that fits everybody costs no more than another one. Of
 * misspelled words more: what fits the letters around the mistake need not be what was meant.
 */
const CANDIDATES = { exact: 200, beginning: 300, almost: 500, misspelled: 1_000, misspelledAlone: 2_000 }

/**
 * The people who are called like this, or whose address begins like this, best first. Accents and case do not matter,
 * nor does a mistake in a word of four letters, or two in one of eight. Any text is a question; some find nobody.
 */
export const search = async (ctx: Context, question: string, limit: number): Promise<User[]> => {
  const words = wordsOf(question)
    .slice(0, WORDS)
    .map((word) => word.slice(0, LETTERS))
  for (const step of STEPS) {
    const found = await step(ctx, question, words, limit)
    // What only looks similar is for those who would see nobody otherwise.
    if (found.length > 0) return found
  }
  return []
}

type Step = (ctx: Context, question: string, words: string[], limit: number) => Promise<User[]>

/** Somebody who types an address means it. */
const byAddress: Step = async (ctx, question, _words, limit) => {
  const start = question.trim().toLowerCase()
  if (!start.includes('@')) return []
  const range = and(gte(users.email, start), lt(users.email, `${start}\u{10ffff}`))
  return await ctx.db
    .select()
    .from(users)
    .where(and(alive(users), range))
    .orderBy(users.email)
    .limit(limit)
}

const byName: Step = async (ctx, _question, words, limit) => {
  const exact = await candidates(ctx, 'people_words', exactly(words), CANDIDATES.exact)
  const enough = exact.length >= limit
  const more = enough ? [] : await candidates(ctx, 'people_words', beginning(words), CANDIDATES.beginning)
  return await people(ctx, ranked(words, [...exact, ...more]), limit)
}

/** Most mistakes are not in the first two letters, and those are found at a tenth of the cost of any others. */
const bySimilarName: Step = async (ctx, _question, words, limit) => {
  const almost = ranked(words, await candidates(ctx, 'people_words', almostBeginning(words), CANDIDATES.almost))
  if (almost.length > 0) return await people(ctx, almost, limit)
  const most = words.length === 1 ? CANDIDATES.misspelledAlone : CANDIDATES.misspelled
  return await people(ctx, ranked(words, await candidates(ctx, 'people_grams', misspelled(words), most)), limit)
}

const STEPS: readonly Step[] = [byAddress, byName, bySimilarName]

/** The newest entries that match, before anything is computed about them. */
const candidates = async (
  ctx: Context,
  table: 'people_words' | 'people_grams',
  expression: string | undefined,
  limit: number,
): Promise<Candidate[]> => {
  if (!expression) return []
  const index = sql.identifier(table)
  const newest: SQL = sql`(select rowid from ${index} where ${index} match ${expression} order by rowid desc limit ${limit})`
  return await ctx.db
    .select()
    .from(peopleSearch)
    .where(sql`${peopleSearch.id} in ${newest}`)
    .orderBy(desc(peopleSearch.id))
}

const people = async (ctx: Context, entries: readonly Candidate[], limit: number): Promise<User[]> => {
  const ids = [...new Set(entries.map(({ userId }) => userId))].slice(0, limit)
  if (ids.length === 0) return []
  const rows = await ctx.db
    .select()
    .from(users)
    .where(and(inArray(users.id, ids), alive(users)))
  const byId = new Map(rows.map((user) => [user.id, user]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}
