/** What can go wrong on purpose. Kind → HTTP status lives in `http/problems.ts`; here nobody knows HTTP. */
export type FailureKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'not_allowed'
  | 'conflict'
  | 'gone'
  | 'stale'
  | 'too_large'
  | 'unsupported'
  | 'out_of_range'
  | 'invalid'
  | 'rate_limited'
  | 'unavailable'
  | 'storage_full'

/** A field that is wrong: a JSON pointer and what is expected. Never the value. */
export interface FieldError {
  path: string
  message: string
}

export interface FailureDetails {
  /** Seconds until it is worth trying again. */
  retryAfter?: number
  errors?: FieldError[]
  /** Further members of the problem document, such as the versions there are. */
  members?: Record<string, unknown>
}

/** An expected refusal: kind, stable code and one sentence for the caller. Anything else that is thrown is a bug. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly code: string,
    message: string,
    readonly details: FailureDetails = {},
  ) {
    super(message)
    this.name = 'Failure'
  }
}

/** What a feature may refuse with: `NAME: [kind, sentence]`. The code is the name in lower case. */
export type FailureTable = Record<string, readonly [kind: FailureKind, sentence: string]>

/** Makes the failure to throw, and tells of it without making one. */
export interface Thrower {
  (details?: FailureDetails): Failure
  readonly kind: FailureKind
  readonly code: string
  readonly sentence: string
}

export type Failures<T extends FailureTable> = { readonly [K in keyof T]: Thrower } & { readonly table: T }

/** Turns a table into throwers: `throw failures.INVALID_TOKEN()`. */
export const defineFailures = <const T extends FailureTable>(table: T): Failures<T> => {
  const throwers: Record<string, unknown> = { table }
  for (const [name, [kind, sentence]] of Object.entries(table)) {
    const code = name.toLowerCase()
    const thrower = (details?: FailureDetails) => new Failure(kind, code, sentence, details)
    throwers[name] = Object.assign(thrower, { kind, code, sentence })
  }
  return throwers as Failures<T>
}
