import { inArray } from 'drizzle-orm'
import { type Context, days, later, type Tx } from '#core'
import { journal, transaction } from '#db'
import { peopleSeeded } from './people-events'
import { DEFAULT_ROLE } from './roles'
import { users } from './schema'
import { indexPerson } from './search-index'

/** People added in one transaction. */
const BATCH = 500
/** Everybody signed up within this long before the day the demo begins with. */
const SPAN = days(365)
const DEMO_DAY = Date.UTC(2026, 0, 1)

const FIRST = [
  'Ada',
  'Grace',
  'Alan',
  'Edsger',
  'Barbara',
  'Donald',
  'Radia',
  'Ken',
  'Margaret',
  'Linus',
  'Katherine',
  'Tim',
  'Hedy',
  'Dennis',
  'Frances',
  'Niklaus',
  'Joan',
  'Leslie',
  'Shafi',
  'John',
  'Anita',
  'Tony',
  'Mary',
  'Guido',
  'Sophie',
  'Vint',
  'Évelyne',
  'Björn',
  'Zoë',
  'José',
]
const LAST = [
  'Lovelace',
  'Hopper',
  'Turing',
  'Dijkstra',
  'Liskov',
  'Knuth',
  'Perlman',
  'Thompson',
  'Hamilton',
  'Torvalds',
  'Johnson',
  'Berners',
  'Lamarr',
  'Ritchie',
  'Allen',
  'Wirth',
  'Clarke',
  'Lamport',
  'Goldwasser',
  'McCarthy',
  'Borg',
  'Hoare',
  'Jackson',
  'Rossum',
  'Wilson',
  'Cerf',
  'Müller',
  'Nuñez',
  'Łukasz',
  'Øster',
]
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'America/Sao_Paulo', 'Africa/Nairobi']

/**
 * Adds made-up people without passwords, the same ones for the same seed: whoever is there already is kept, so it can be
 * repeated and resumed. Returns how many it added. `progress` is told after each batch.
 */
export const seedPeople = async (
  ctx: Context,
  { count, seed }: { count: number; seed: number },
  progress: (done: number, all: number) => void,
): Promise<number> => {
  let added = 0
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => made(seed, from + i))
    added += await transaction(ctx, (tx) => add(tx, ctx, batch))
    progress(Math.min(count, from + BATCH), count)
  }
  return added
}

const add = async (tx: Tx, ctx: Context, people: ReturnType<typeof made>[]): Promise<number> => {
  const ids = people.map(({ id }) => id)
  const present = new Set(
    (await tx.select({ id: users.id }).from(users).where(inArray(users.id, ids))).map(({ id }) => id),
  )
  const missing = people.filter(({ id }) => !present.has(id))
  if (missing.length === 0) return 0
  await tx.insert(users).values(missing.map((one) => ({ ...one, role: DEFAULT_ROLE })))
  for (const one of missing) await indexPerson(tx, one)
  await journal.record(tx, ctx, peopleSeeded, { count: missing.length })
  return missing.length
}

/** Person number `index` of a seed. A number is spread by a hash, so that neighbours are not alike. */
const made = (seed: number, index: number) => {
  const hash = new Bun.CryptoHasher('sha256').update(`keel demo ${seed} ${index}`).digest('hex')
  const pick = (list: readonly string[], at: number) =>
    list[Number.parseInt(hash.slice(at, at + 6), 16) % list.length] ?? ''
  const [first, last] = [pick(FIRST, 0), pick(LAST, 6)]
  const createdAt = later(new Date(DEMO_DAY), -(Number.parseInt(hash.slice(12, 20), 16) % SPAN))
  const time = createdAt.getTime().toString(16).padStart(12, '0')
  const mailbox = `${first}.${last}`
    .normalize('NFD')
    .replace(/[^A-Za-z.]/g, '')
    .toLowerCase()
  return {
    id: `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
    email: `${mailbox}.${seed}.${index}@demo.example`,
    name: `${first} ${last}`,
    timezone: pick(ZONES, 20),
    emailVerifiedAt: index % 10 === 0 ? null : createdAt,
    createdAt,
    updatedAt: createdAt,
  }
}
