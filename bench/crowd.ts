import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { searchable } from '../src/features/users/search-words'

const BATCH = 10_000
const FIRST_NAMES = 3_000
const LAST_NAMES = 50_000

/** A generator that makes the same numbers from the same seed (mulberry32). */
const numbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const ONSETS = 'b c d f g h j k l m n p r s t v w z br ch dr gr kr sh st th'.split(' ')
const VOWELS = 'a e i o u ia ei ou'.split(' ')
const ENDINGS = ['', 'n', 'r', 's', 'l', 't', 'son', 'sen', 'man', 'ez', 'ski', 'ton', 'field', 'ley']

/** So many made-up people: few names that many have and many that few have, as names are. */
export const crowd = (seed: number) => {
  const random = numbers(seed)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]
  const syllable = () => `${pick(ONSETS)}${pick(VOWELS)}`
  const capital = (word: string) => word.replace(/^./, (letter) => letter.toUpperCase())
  const first = Array.from({ length: FIRST_NAMES }, () =>
    capital(`${syllable()}${syllable()}${pick(['', 'n', 'a', 'l'])}`),
  )
  const last = Array.from({ length: LAST_NAMES }, () => capital(`${syllable()}${syllable()}${pick(ENDINGS)}`))
  const common = (list: readonly string[]) => list[Math.floor(Math.exp(random() * Math.log(list.length))) - 1] ?? ''
  const name = () => `${common(first)} ${common(last)}`
  /** A name of two words with one letter dropped, doubled, changed or swapped in one of them, and what was meant. */
  const mistyped = () => {
    for (;;) {
      const meant = name()
      const words = meant.toLowerCase().split(' ')
      const which = random() < 0.5 ? 0 : 1
      const word = words[which] ?? ''
      if (word.length < 5) continue
      const at = 1 + Math.floor(random() * (word.length - 2))
      const [before, letter, after] = [word.slice(0, at), word[at] ?? '', word.slice(at + 1)]
      const kinds = [
        before + after,
        before + letter + letter + after,
        `${before}x${after}`,
        before + after[0] + letter + after.slice(1),
      ]
      words[which] = pick(kinds) ?? word
      if (words[which] !== word) return { meant, typed: words.join(' ') }
    }
  }
  return { name, mistyped }
}

/** Adds so many people to a database that a stopped Keel has left, and the rows that search needs. Milliseconds it took. */
export const addCrowd = (dataDir: string, count: number, { name }: ReturnType<typeof crowd>): number => {
  const began = performance.now()
  const db = new Database(join(dataDir, 'keel.db'))
  db.run('PRAGMA journal_mode = WAL')
  db.run('PRAGMA synchronous = OFF')
  db.run('PRAGMA cache_size = -256000')
  db.run("UPDATE users SET role = 'admin'")
  const indexes = db
    .query<{ name: string; sql: string }, []>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'users' AND sql IS NOT NULL",
    )
    .all()
  // Building an index at the end costs a fraction of keeping it in step.
  for (const index of indexes) db.run(`DROP INDEX ${index.name}`)
  const people =
    db.prepare(`INSERT INTO users (id, email, name, role, email_verified_at, created_at, updated_at, last_seen_at)
    SELECT value ->> 0, value ->> 1, value ->> 2, 'user', iif(value ->> 3 % 10 = 0, NULL, value ->> 4), value ->> 4, value ->> 4,
      iif(value ->> 3 % 3 = 0, NULL, value ->> 4 + 1000 * (value ->> 3)) FROM json_each(?)`)
  const search = db.prepare(`INSERT INTO people_search (user_id, name, mailbox, domain)
    SELECT value ->> 0, value ->> 5, value ->> 6, value ->> 7 FROM json_each(?)`)
  const start = Date.UTC(2020, 0, 1)
  for (let from = 0; from < count; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => {
      const n = from + i
      const called = name()
      const email = `${called.toLowerCase().replace(' ', '.')}${n}@example.com`
      const text = searchable({ name: called, email })
      const createdAt = start + n * 60_000
      return [idAt(createdAt, n), email, called, n, createdAt, text.name, text.mailbox, text.domain]
    })
    const json = JSON.stringify(rows)
    db.transaction(() => {
      people.run(json)
      search.run(json)
    })()
  }
  for (const index of indexes) db.run(index.sql)
  db.run("INSERT INTO people_words(people_words) VALUES ('rebuild')")
  db.run("INSERT INTO people_grams(people_grams) VALUES ('rebuild')")
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  return performance.now() - began
}

/** A UUIDv7 for a time, told apart by a number. */
const idAt = (time: number, n: number) => {
  const stamp = time.toString(16).padStart(12, '0')
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`
}
