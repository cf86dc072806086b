import { availableParallelism } from 'node:os'
import { defineFailures } from '#core'
import type { HashingCost, Passwords } from './port'

/** OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. */
export const RECOMMENDED: HashingCost = { memoryCost: 19_456, timeCost: 2 }

/** Hashes that may wait for their turn; about a second's worth on two cores. */
const MAX_WAITING = 64

const failures = defineFailures({
  OVERLOADED: ['unavailable', 'Too many sign-ins at once. Try again in a moment.'],
})

/** Argon2id on Bun's thread pool, as many at once as there are cores, shedding what would have to wait too long. */
export const argon2 = (cost: HashingCost = RECOMMENDED): Passwords => {
  const turn = semaphore(availableParallelism(), MAX_WAITING)
  const make = (password: string) => Bun.password.hash(password, { algorithm: 'argon2id', ...cost })
  let decoy: Promise<string> | undefined

  return {
    hash: (password) => turn(() => make(password)),
    verify: async (password, hash) => {
      decoy ??= make('decoy')
      const against = hash ?? (await decoy)
      const same = await turn(() => Bun.password.verify(password, against))
      return hash !== undefined && same
    },
    outdated: (hash) => !hash.startsWith(`$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=1$`),
  }
}

const semaphore = (slots: number, maxWaiting: number) => {
  let free = slots
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else {
      if (waiting.length >= maxWaiting) throw failures.OVERLOADED({ retryAfter: 2 })
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
