import { ownVersions } from '../contenders'
import { crowd } from '../crowd'
import { crowdedKeel, PEOPLE, SEED } from '../crowded'
import { median, withServers } from '../harness'
import { signIn } from '../keel'
import type { Suite } from '../suite'

/** Pages walked before the deep one is looked at: half the list. */
const DEEP = 5_000
const LIMIT = 100
const ASKED = 300
const MAX_DEPTH_FACTOR = 1.5
const MAX_SEARCH = 30

interface Answer {
  data: { name: string }[]
  meta: { nextCursor: string | null; total?: number }
}

export const people: Suite = {
  summary: 'lists and search at 1,000,000 people: a page at depth, a name with a typo',
  async run(setup) {
    const { workdir, say } = setup
    const server = await crowdedKeel(setup)
    const names = crowd(SEED)
    return await withServers([server], workdir, async ([running]) => {
      if (!running) throw new Error('Keel did not start')
      const base = `http://127.0.0.1:${running.port}`
      const authorization = `Bearer ${await signIn(base)}`
      const ask = async (path: string): Promise<Answer> => {
        const response = await fetch(`${base}/api/v1${path}`, { headers: { authorization } })
        const text = await response.text()
        if (!response.ok) throw new Error(`Keel answered ${path} with ${response.status}: ${text.slice(0, 200)}`)
        return JSON.parse(text)
      }
      const timed = async (path: string) => {
        const began = performance.now()
        const answer = await ask(path)
        return { took: performance.now() - began, answer }
      }
      const page = (cursor: string) => `/users?limit=${LIMIT}&cursor=${encodeURIComponent(cursor)}`

      const near = (await ask(`/users?limit=${LIMIT}`)).meta.nextCursor ?? ''
      let far = near
      say(`walking ${DEEP} pages down`)
      for (let i = 0; i < DEEP; i++) far = (await ask(page(far))).meta.nextCursor ?? far

      say('pages, near and far by turns')
      const times: Record<'near' | 'far', number[]> = { near: [], far: [] }
      for (let i = 0; i < ASKED; i++) {
        const order = i % 2 ? (['near', 'far'] as const) : (['far', 'near'] as const)
        for (const where of order) times[where].push((await timed(page(where === 'near' ? near : far))).took)
      }
      say('searches')
      const searches: Record<string, { took: number; found: boolean }[]> = { typo: [], right: [], beginning: [] }
      for (let i = 0; i < ASKED; i++) {
        const { meant, typed } = names.mistyped()
        const questions = { typo: typed, right: meant, beginning: meant.slice(0, -2) }
        for (const [kind, q] of Object.entries(questions)) {
          const { took, answer } = await timed(`/users/search?q=${encodeURIComponent(q)}`)
          searches[kind]?.push({ took, found: answer.data.some(({ name }) => name === meant) })
        }
      }
      const [counted, numbered] = [await timed('/users?count=true'), await timed(`/users?page=5000&limit=${LIMIT}`)]
      // Some names that were made up nobody in the crowd has.
      const there = (searches.right ?? []).map(({ found }) => found)
      const hits = (kind: string) => {
        const some = (searches[kind] ?? []).filter((_, i) => there[i])
        return `${((100 * some.filter(({ found }) => found).length) / Math.max(1, some.length)).toFixed(0)} %`
      }
      const tookOf = (kind: string) => (searches[kind] ?? []).map(({ took }) => took)
      const p99 = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length * 0.99)] ?? 0
      const line = (what: string, all: readonly number[], found = '') => [
        what,
        median(all).toFixed(2),
        p99(all).toFixed(2),
        found,
      ]
      const factor = median(times.far) / median(times.near)
      const typo = median(tookOf('typo'))
      return {
        suite: 'people',
        title: `${PEOPLE.toLocaleString('en')} people`,
        notes: [
          `One client, one request at a time, over HTTP on loopback; pages of ${LIMIT}. The deep page lies ${(DEEP * LIMIT).toLocaleString('en')} people down, reached by following \`nextCursor\`; near and deep are asked by turns, ${ASKED} times each.`,
          `Names are made up: ${ASKED} of two words, with one letter dropped, doubled, changed or swapped in one of them. Found: the person of that name is among the first 20, of those names that somebody has.`,
        ],
        versions: ownVersions(),
        columns: ['what', 'median ms', 'p99 ms', 'found'],
        rows: [
          line('first pages by cursor', times.near),
          line(`page ${DEEP.toLocaleString('en')} by cursor`, times.far),
          line('page 5,000 by number', [numbered.took]),
          line('a page with `count=true`', [counted.took]),
          line('search, as it is written', tookOf('right')),
          line('search, the last two letters missing', tookOf('beginning'), hits('beginning')),
          line('search, with a typo', tookOf('typo'), hits('typo')),
        ],
        targets: [
          {
            promise: `a page at any depth within ${MAX_DEPTH_FACTOR} × of page 1`,
            measured: `${factor.toFixed(2)} ×`,
            holds: factor <= MAX_DEPTH_FACTOR,
          },
          {
            promise: `a name of two words with one typo in under ${MAX_SEARCH} ms (median)`,
            measured: `${typo.toFixed(1)} ms`,
            holds: typo < MAX_SEARCH,
          },
        ],
      }
    })
  },
}
