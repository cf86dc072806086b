import { sql } from 'drizzle-orm'
import { type Context, days, type Tx } from '#core'
import { journal, transaction } from '#db'
import { peopleSeeded } from './people-events'
import { DEFAULT_ROLE } from './roles'
import { indexNewPeople } from './search-index'

/** People added in one transaction. */
const BATCH = 3000
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

/** One statement for all of them: a list of values for each would cost more than storing them. */
const add = async (tx: Tx, ctx: Context, people: readonly Made[]): Promise<number> => {
  const rows = await tx.all<{ id: string }>(sql`
    insert into users (id, email, name, role, timezone, email_verified_at, created_at, updated_at)
    select value ->> 'id', value ->> 'email', value ->> 'name', ${DEFAULT_ROLE}, value ->> 'timezone',
      value ->> 'emailVerifiedAt', value ->> 'createdAt', value ->> 'createdAt'
    from json_each(${JSON.stringify(people)})
    where not exists (select 1 from users where id = value ->> 'id')
    returning id`)
  if (rows.length === 0) return 0
  const added = new Set(rows.map(({ id }) => id))
  const fresh = people.filter(({ id }) => added.has(id))
  await indexNewPeople(tx, fresh)
  await journal.record(tx, ctx, peopleSeeded, { count: fresh.length })
  return fresh.length
}

type Made = ReturnType<typeof made>

/** Person number `index` of a seed. A number is spread by a hash, so that neighbours are not alike. */
const made = (seed: number, index: number) => {
  const hash = new Bun.CryptoHasher('sha256').update(`keel demo ${seed} ${index}`).digest('hex')
  const pick = (list: readonly string[], at: number) =>
    list[Number.parseInt(hash.slice(at, at + 6), 16) % list.length] ?? ''
  const [first, last] = [pick(FIRST, 0), pick(LAST, 6)]
  const createdAt = DEMO_DAY - (Number.parseInt(hash.slice(12, 20), 16) % SPAN)
  const time = createdAt.toString(16).padStart(12, '0')
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
  }
}
