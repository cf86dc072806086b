import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { systemContext } from '#core'
import { rebuildSearch } from '#features/users'
import { addPeople, type Client, type Json, rows, sharedApp, testApp } from '#tests'
import { distance, ranked } from './search-rank'
import { wordsOf } from './search-words'

const NAMES = [
  'Ada Lovelace',
  'Ada Byron',
  'Adam Lovell',
  'Grace Hopper',
  'José Núñez',
  'Łukasz Öster',
  'Zoë Straße',
  'John Smith',
  'Joan Smith',
  'Johnathan Smithson',
  'Katherine Featherstonehaugh',
  'Иван Петров',
  '山田 太郎',
  "Conan O'Brien",
  'Ed Wood',
]

const village = async () => {
  const house = await testApp({ env: { RATE_LIMIT: 'off' } })
  await addPeople(house, NAMES.length, (i) => ({ name: NAMES[i] ?? '', email: `p${i}@mail${i}.example` }))
  return house
}
const shared = sharedApp({ env: { RATE_LIMIT: 'off' } })
let settled: Promise<unknown> | undefined
const house = async () => {
  const made = await shared()
  settled ??= addPeople(made, NAMES.length, (i) => ({ name: NAMES[i] ?? '', email: `p${i}.box@mail${i}.example` }))
  await settled
  return made
}

const names = async (client: Client, q: string, limit = 20): Promise<string[]> =>
  (await client.get('/users/search', { query: { q, limit } }).json()).data.map(({ name }: Json) => name)

describe('search finds people', () => {
  test.each([
    ['ada lovelace', 'Ada Lovelace'],
    ['lovelace ada', 'Ada Lovelace'],
    ['LOVELACE', 'Ada Lovelace'],
    ['lovela', 'Ada Lovelace'],
    ['ad lo', 'Ada Lovelace'],
    ['jose nunez', 'José Núñez'],
    ['JOSÉ', 'José Núñez'],
    ['lukasz oster', 'Łukasz Öster'],
    ['strasse', 'Zoë Straße'],
    ['иван', 'Иван Петров'],
    ['山田', '山田 太郎'],
    ["o'brien", "Conan O'Brien"],
    ['ed', 'Ed Wood'],
    ['p3.box@mail3.example', 'Grace Hopper'],
    ['P3.BOX@mail3', 'Grace Hopper'],
    ['p3', 'Grace Hopper'],
    ['mail3', 'Grace Hopper'],
  ])('by %s', async (q, expected) => {
    const { as } = await house()
    expect((await names(as.admin, q))[0]).toBe(expected)
  })

  test.each([
    ['lovelce', 'Ada Lovelace'],
    ['lovelaec', 'Ada Lovelace'],
    ['lovvelace', 'Ada Lovelace'],
    ['kovelace', 'Ada Lovelace'],
    ['loveiace', 'Ada Lovelace'],
    ['ada lovelce', 'Ada Lovelace'],
    ['grcae hopper', 'Grace Hopper'],
    ['grace hoper', 'Grace Hopper'],
    ['jhon smith', 'John Smith'],
    ['johm smith', 'John Smith'],
    ['john smtih', 'John Smith'],
    ['joan smit', 'Joan Smith'],
    ['fetherstonehaugh', 'Katherine Featherstonehaugh'],
    ['katherine featherstonhaugh', 'Katherine Featherstonehaugh'],
    ['jose nunes', 'José Núñez'],
  ])('in spite of a mistake: %s', async (q, expected) => {
    const { as } = await house()
    expect((await names(as.admin, q))[0]).toBe(expected)
  })

  test('the closest first: the whole name, then its beginning; what only looks like it if nothing else does', async () => {
    const { as } = await house()
    expect(await names(as.admin, 'john smith')).toEqual(['John Smith', 'Johnathan Smithson'])
    expect(await names(as.admin, 'joan smit')).toEqual(['Joan Smith'])
    expect(await names(as.admin, 'jonn smith')).toEqual(['Joan Smith', 'John Smith', 'Johnathan Smithson'])
    expect((await names(as.admin, 'ada')).slice(0, 2).toSorted()).toEqual(['Ada Byron', 'Ada Lovelace'])
    expect((await names(as.admin, 'ada'))[2]).toBe('Adam Lovell')
  })

  test('and nobody who is not meant', async () => {
    const { as } = await house()
    for (const q of ['hopper ada', 'xylophone', 'lovelace smith', 'zzzzzz', '!!!', '   '])
      expect(await names(as.admin, q)).toEqual([])
  })

  test('as many as asked for', async () => {
    const { as } = await house()
    expect(await names(as.admin, 'smith', 2)).toEqual(['John Smith', 'Joan Smith'].toReversed())
    expect((await as.admin.get('/users/search?q=smith').json()).meta).toEqual({ limit: 20, nextCursor: null })
  })
})

describe('the index is in step', () => {
  test('with names, addresses, deletion and return, in the same transaction', async () => {
    const { as, anon, mail, person, config } = await testApp()
    const carol = person('carol')
    await carol.patch('/users/me', { name: 'Carol Shaw' })
    expect(await names(as.admin, 'shaw')).toEqual(['Carol Shaw'])
    await carol.patch('/users/me', { name: 'Carol Danvers' })
    expect(await names(as.admin, 'shaw')).toEqual([])
    expect(await names(as.admin, 'danvers')).toEqual(['Carol Danvers'])

    await carol.post('/auth/change-email', { email: 'captain@marvel.example', password: carol.password })
    await anon.post('/auth/confirm-email-change', { token: await mail.token('captain@marvel.example') }).json()
    expect(await names(as.admin, 'captain@')).toEqual(['Carol Danvers'])
    expect(await names(as.admin, 'carol@example.com')).toEqual([])

    const id = await carol.id()
    await as.admin.delete(`/users/${id}`)
    expect(await names(as.admin, 'danvers')).toEqual([])
    await as.admin.post(`/users/${id}/restore`)
    expect(await names(as.admin, 'danvers')).toEqual(['Carol Danvers'])
    expect(rows(config, 'SELECT count(*) AS n FROM people_search')[0].n).toBe(2)
  })

  test('and holds what it says: SQLite’s own check of both tables', async () => {
    const house = await village()
    const ids = await addPeople(house, 20)
    for (const id of ids.slice(0, 10)) await house.as.admin.delete(`/users/${id}`)
    await check(house)
  })

  test('and is made anew from the people there are', async () => {
    const house = await village()
    const { app, as } = house
    await addPeople(house, 300, (i) => ({ deletedAt: i % 2 ? house.clock.now() : null, name: `Resident ${i}` }))
    await app.database.transaction(async (tx) => void (await tx.run(sql`update people_search set name = 'wrong'`)), {
      bookkeeping: true,
    })
    expect(await rebuildSearch(systemContext(app, 'test'))).toBe(NAMES.length + 150)
    await check(house)
    expect(await names(as.admin, 'ada lovelace')).toEqual(['Ada Lovelace'])
    expect(await names(as.admin, 'resident 2', 1)).toEqual(['Resident 2'])
    expect(await names(as.admin, 'resident 1', 1)).not.toEqual(['Resident 1'])
  })
})

const check = ({ app }: { app: Awaited<ReturnType<typeof testApp>>['app'] }) =>
  app.database.transaction(
    async (tx) => {
      await tx.run(sql`insert into people_words(people_words, rank) values ('integrity-check', 1)`)
      await tx.run(sql`insert into people_grams(people_grams, rank) values ('integrity-check', 1)`)
    },
    { bookkeeping: true },
  )

describe('a question', () => {
  // bar 116
  test('whatever it is gets an answer or a refusal, never an error', async () => {
    const { as } = await house()
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 120 }),
          fc.string({ unit: 'grapheme', maxLength: 120 }),
          fc.stringMatching(/^["*^(){}:+\-\\a-c ]{0,40}$/),
          fc.constantFrom(
            'NEAR(a b)',
            'name:ada',
            'a AND',
            'OR',
            'NOT',
            '"',
            '""',
            "'",
            '*',
            '\u0000',
            '\ud800',
            '%',
            '_',
          ),
        ),
        async (q) => {
          const { status } = await as.admin.get(`/users/search?q=${encodeURIComponent(q.toWellFormed())}`)
          expect([200, 422]).toContain(status)
        },
      ),
      { numRuns: 300 },
    )
  }, 30_000)

  test.each(['', 'x'.repeat(101)])('has 1 to 100 characters', async (q) => {
    const { as } = await house()
    const reply = await as.admin.get('/users/search', { query: { q } })
    expect(reply).toRefuse(422, 'validation_failed')
    expect(reply.json().errors[0].path).toBe('/query/q')
  })

  test('is asked by those who may read people, of what is searched only', async () => {
    const { as, anon } = await house()
    expect(await anon.get('/users/search?q=ada')).toRefuse(401, 'unauthenticated')
    expect(await as.ada.get('/users/search?q=ada')).toRefuse(403, 'forbidden')
    expect(await as.admin.get('/users/search')).toRefuse(422, 'validation_failed')
    for (const query of ['q=ada&limit=0', 'q=ada&limit=101', 'q=ada&sort=name', 'q=ada&field=passwordHash'])
      expect(await as.admin.get(`/users/search?${query}`)).toRefuse(422, 'validation_failed')
  })
})

describe('words and closeness', () => {
  test('one spelling for each word', () => {
    expect(wordsOf('  ÉLAN-vital, ﬁne Ærøskøbing İzmir ')).toEqual(['elan', 'vital', 'fine', 'aeroskobing', 'izmir'])
    expect(wordsOf('a.b_c+1@x.y')).toEqual(['a', 'b', 'c', '1', 'x', 'y'])
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => wordsOf(wordsOf(text).join(' ')).length >= 0))
  })

  test('mistakes are counted, and not beyond the limit', () => {
    expect(distance('lovelace', 'lovelace', 2)).toBe(0)
    expect(distance('lovelce', 'lovelace', 2)).toBe(1)
    expect(distance('smtih', 'smith', 2)).toBe(1)
    expect(distance('kitten', 'sitting', 3)).toBe(3)
    expect(distance('kitten', 'sitting', 1)).toBe(2)
    fc.assert(
      fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (a, b) => {
        expect(distance(a, b, 20)).toBe(distance(b, a, 20))
        expect(distance(a, a, 0)).toBe(0)
      }),
    )
  })

  test('candidates that lack a word are none', () => {
    const ada = { userId: '1', name: 'ada lovelace', mailbox: 'ada', domain: '\ue000example' }
    expect(ranked(['ada', 'example'], [ada])).toEqual([ada])
    expect(ranked(['ada', 'hopper'], [ada])).toEqual([])
    expect(ranked(['exampl'], [ada])).toEqual([])
  })
})
