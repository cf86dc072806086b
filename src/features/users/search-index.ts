import { and, asc, eq, gt, max, sql } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { alive, bookkeeping, prepared } from '#db'
import { peopleSearch, users } from './schema'
import { peopleGrams, peopleWords } from './search-tables'
import { searchable } from './search-words'

/** People indexed in one transaction when the index is made anew. */
const BATCH = 250

type Indexed = typeof peopleSearch.$inferSelect
type Searched = { id: string; name: string; email: string }

const placeholder = sql.placeholder
const entryOf = prepared((db) =>
  db
    .select()
    .from(peopleSearch)
    .where(eq(peopleSearch.userId, placeholder('userId')))
    .prepare(),
)
const texts = { name: placeholder('name'), mailbox: placeholder('mailbox'), domain: placeholder('domain') }
const addEntry = prepared((db) =>
  db
    .insert(peopleSearch)
    .values({ userId: placeholder('userId'), ...texts })
    .returning({ id: peopleSearch.id })
    .prepare(),
)
const changeEntry = prepared((db) =>
  db
    .update(peopleSearch)
    .set({ name: sql`${texts.name}`, mailbox: sql`${texts.mailbox}`, domain: sql`${texts.domain}` })
    .where(eq(peopleSearch.id, placeholder('id')))
    .prepare(),
)
const dropEntry = prepared((db) =>
  db
    .delete(peopleSearch)
    .where(eq(peopleSearch.id, placeholder('id')))
    .prepare(),
)
const command = sql`${placeholder('command')}`
const writeWords = prepared((db) =>
  db
    .insert(peopleWords)
    .values({ rowid: placeholder('id'), ...texts, command })
    .prepare(),
)
const writeGrams = prepared((db) =>
  db
    .insert(peopleGrams)
    .values({ rowid: placeholder('id'), name: texts.name, mailbox: texts.mailbox, command })
    .prepare(),
)

/** The full-text tables keep no text of their own: they are told what to forget. */
const write = async (tx: Tx, entry: Indexed, what: null | 'delete') => {
  await writeWords(tx).run({ ...entry, command: what })
  await writeGrams(tx).run({ ...entry, command: what })
}

/**
 * Makes a person found by what they are called now, in the caller's transaction. Every verb that adds a person, brings
 * one back, or changes a name or address calls it.
 */
export const indexPerson = async (tx: Tx, person: Searched): Promise<void> => {
  const text = searchable(person)
  const before = await entryOf(tx).get({ userId: person.id })
  if (!before) {
    const added = await addEntry(tx).get({ userId: person.id, ...text })
    return await write(tx, { id: added.id, userId: person.id, ...text }, null)
  }
  if (before.name === text.name && before.mailbox === text.mailbox && before.domain === text.domain) return
  const after = { ...before, ...text }
  await write(tx, before, 'delete')
  await changeEntry(tx).run(after)
  await write(tx, after, null)
}

/** Makes people found who were added in this transaction and are in no index yet: a few statements for all of them. */
export const indexNewPeople = async (tx: Tx, people: readonly Searched[]): Promise<void> => {
  const [{ last } = { last: null }] = await tx.select({ last: max(peopleSearch.id) }).from(peopleSearch)
  const texts = people.map((person) => ({ userId: person.id, ...searchable(person) }))
  await tx.run(sql`insert into people_search (user_id, name, mailbox, domain)
    select value ->> 'userId', value ->> 'name', value ->> 'mailbox', value ->> 'domain'
    from json_each(${JSON.stringify(texts)})`)
  const added = sql`from people_search where id > ${last ?? 0}`
  await tx.run(sql`insert into people_words (rowid, name, mailbox, domain) select id, name, mailbox, domain ${added}`)
  await tx.run(sql`insert into people_grams (rowid, name, mailbox) select id, name, mailbox ${added}`)
}

/** Makes sure in the caller's transaction that a person is not found any more. */
export const unindexPerson = async (tx: Tx, userId: string): Promise<void> => {
  const entry = await entryOf(tx).get({ userId })
  if (!entry) return
  await write(tx, entry, 'delete')
  await dropEntry(tx).run({ id: entry.id })
}

/**
 * Makes the index anew from the people there are: after rows were written around the verbs. Returns how many it holds.
 * Some hundred people per transaction; search finds more and more while it runs.
 */
export const rebuildSearch = async (ctx: Context): Promise<number> => {
  await bookkeeping(ctx, async (tx) => {
    await tx.run(sql`insert into people_words(people_words) values ('delete-all')`)
    await tx.run(sql`insert into people_grams(people_grams) values ('delete-all')`)
    await tx.delete(peopleSearch)
  })
  let indexed = 0
  for (let last: string | undefined = ''; last !== undefined; ) last = await indexBehind(last)
  return indexed

  async function indexBehind(id: string): Promise<string | undefined> {
    return await bookkeeping(ctx, async (tx) => {
      const people = await tx
        .select({ id: users.id, name: users.name, email: users.email })
        .from(users)
        .where(and(alive(users), gt(users.id, id)))
        .orderBy(asc(users.id))
        .limit(BATCH)
      for (const person of people) await indexPerson(tx, person)
      indexed += people.length
      return people.at(-1)?.id
    })
  }
}

/** Makes the index if there are people and nobody is in it: a database from before there was one. */
export const ensureSearch = async (ctx: Context): Promise<void> => {
  const [anybody] = await ctx.db.select({ id: users.id }).from(users).where(alive(users)).limit(1)
  const [indexed] = await ctx.db.select({ id: peopleSearch.id }).from(peopleSearch).limit(1)
  if (anybody && !indexed) await rebuildSearch(ctx)
}
