import { createClient, type Problem, problemOf } from '../../src/client'

/** A call that the API refused, or that did not reach it. */
export class Refused extends Error {
  constructor(
    readonly problem: Problem | undefined,
    readonly status: number,
  ) {
    super(problem ? (problem.detail ?? problem.title) : 'The server did not answer. Is it running?')
    this.name = 'Refused'
  }
  get code() {
    return this.problem?.code
  }
}

/** The newest one: when an older one ends, the page goes on. */
const VERSION = 'v2'

/** Nobody is signed in any more, or somebody else is. */
type Change = 'nobody' | 'somebody'
const listeners = new Set<(change: Change) => void>()
const changed = (change: Change) => {
  for (const listener of listeners) listener(change)
}
/** Told when somebody else is signed in, or nobody. */
export const onSignedChange = (listener: (change: Change) => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
/** Nobody is signed in from now on. */
export const signedOut = () => changed('nobody')

const own = createClient(location.origin, { cookies: true, onSignedOut: signedOut })
let borrowed: ReturnType<typeof createClient> | undefined

/** True in somebody else's place. */
export const isBorrowed = () => borrowed !== undefined

/** The API as whoever is signed in, or in the place of whom an admin helps. */
export const api = () => (borrowed ?? own).api[VERSION]

/** The address of what a browser fetches by itself, such as a download. */
export const addressOf = (path: string) => `/api/${VERSION}${path}`

/** Acts with this token from now on, or as oneself again. It is kept nowhere: a reload ends it. */
export const actAs = (accessToken: string | undefined) => {
  borrowed = accessToken
    ? createClient(location.origin, {
        tokens: { get: () => ({ accessToken, refreshToken: '' }), set: () => actAs(undefined) },
        // The admin's own cookies stay at home: two credentials that disagree are refused.
        fetch: (request) => fetch(new Request(request, { credentials: 'omit' })),
      })
    : undefined
  changed('somebody')
}

interface Answer {
  data: unknown
  error: { status: unknown; value: unknown } | null
}

/** What a call was for. Throws Refused. */
export const take = async <R extends Answer>(call: Promise<R>): Promise<Exclude<R['data'], null>> => {
  const { data, error } = await call.catch(() => {
    throw new Refused(undefined, 0)
  })
  if (error) throw new Refused(problemOf(error), typeof error.status === 'number' ? error.status : 0)
  return data as Exclude<R['data'], null>
}

/** One row of a list that the API answers. */
export type RowOf<C extends (...input: never[]) => Promise<Answer>> =
  NonNullable<Awaited<ReturnType<C>>['data']> extends { data: (infer Row)[] } ? Row : never
