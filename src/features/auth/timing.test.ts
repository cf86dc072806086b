import { describe, expect, test } from 'bun:test'
import { minutes } from '#core'
import { changeUser, testApp } from '#tests'

const PASSWORD = 'xkvq7-mzrp9-wt'
const WRONG = 'not-the-password-at-all'

/** Milliseconds by which the lower quartiles may differ; those above it are what the machine did besides. */
const TOLERANCE = 5
/** Share of samples that somebody may tell apart by the best threshold there is; guessing gets 0.5. */
const TOLD_APART = 0.75

const quartile = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 2] ?? 0

/** How well one threshold on the time sorts the samples of two kinds, from 0.5 (not at all) to 1. */
const classified = (one: number[], other: number[]) => {
  const all = [...one.map((time) => ({ time, of: 1 })), ...other.map((time) => ({ time, of: -1 }))]
  let balance = 0
  let best = 0
  for (const { of } of all.toSorted((a, b) => a.time - b.time)) {
    balance += of
    best = Math.max(best, Math.abs(balance))
  }
  return 0.5 + best / all.length
}

// Hashing is cheap here, so that it does not hide a difference: in production it adds 30 ms, and its noise, to each.
describe('time tells nobody whether an account exists', () => {
  /** Asks for the kinds in turn, another one first each time: what the machine does besides meets them all alike. */
  const compare = async (samples: number, kinds: Record<string, (i: number) => Promise<unknown>>) => {
    const names = Object.keys(kinds)
    const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
    for (let i = -10; i < samples; i++) {
      for (const at of names.keys()) {
        const name = names[(at + i + 10) % names.length] ?? ''
        const begun = performance.now()
        await kinds[name]?.(i)
        if (i >= 0) times[name]?.push(performance.now() - begun)
      }
    }
    const [first = [], ...others] = Object.values(times)
    for (const other of others) {
      expect(Math.abs(quartile(first) - quartile(other))).toBeLessThan(TOLERANCE)
      expect(classified(first, other)).toBeLessThan(TOLD_APART)
    }
  }

  // bar 32
  test('at sign-in: wrong, unknown, banned, deleted', async () => {
    const house = await testApp({ env: { RATE_LIMIT: 'off' } })
    const { anon, as, person, clock } = house
    for (const someone of [as.ada, as.bob, person('gone')]) await someone.user()
    await changeUser(house, as.bob.email, { bannedAt: new Date(0) })
    await changeUser(house, person('gone').email, { deletedAt: new Date(0) })
    const ask = (email: string) => (i: number) => {
      // Ten a quarter of an hour are looked at.
      if (i % 4 === 0) clock.advance(minutes(16))
      return anon.post('/auth/login', { email, password: WRONG })
    }
    await compare(100, {
      wrong: ask(as.ada.email),
      unknown: ask('nobody@example.com'),
      banned: ask(as.bob.email),
      deleted: ask(person('gone').email),
    })
  }, 30_000)

  // bar 3
  test('when a link is asked for', async () => {
    const { anon, as, clock } = await testApp({ env: { RATE_LIMIT: 'off' } })
    await as.ada.user()
    const ask = (email: string) => async () => {
      clock.advance(minutes(13))
      await anon.post('/auth/forgot-password', { email })
    }
    await compare(60, { known: ask(as.ada.email), unknown: ask('nobody@example.com') })
  }, 30_000)

  // bar 3
  test('at sign-up', async () => {
    const { anon, as, clock } = await testApp({ env: { RATE_LIMIT: 'off' } })
    await as.ada.user()
    const ask = (email: (i: number) => string) => async (i: number) => {
      clock.advance(minutes(13))
      await anon.post('/auth/register', { email: email(i), password: PASSWORD, name: 'Ada' })
    }
    await compare(40, { taken: ask(() => as.ada.email), fresh: ask((i) => `p${i + 10}@example.com`) })
  }, 30_000)
})
