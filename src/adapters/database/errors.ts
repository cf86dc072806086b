import { Failure } from '#core'

/** The error and what caused it, outermost first: drizzle and the client each wrap what they got. */
const chain = (error: unknown): Error[] => {
  const errors: Error[] = []
  for (let e = error; e instanceof Error && errors.length < 8; e = e.cause) errors.push(e)
  return errors
}

const codesOf = (error: unknown): string[] =>
  chain(error).flatMap((e) => [
    ...('extendedCode' in e && typeof e.extendedCode === 'string' ? [e.extendedCode] : []),
    ...('code' in e && typeof e.code === 'string' ? [e.code] : []),
    e.name,
  ])

/** True if a unique index or primary key refused the row; `column` narrows it down: `users.email`. */
export const isUnique = (error: unknown, column?: string): boolean =>
  chain(error).some(({ message }) => {
    const columns = /UNIQUE constraint failed: (.+)/.exec(message)?.[1]
    return columns !== undefined && (column === undefined || columns.split(', ').some((c) => c.trim() === column))
  })

export const isBusy = (error: unknown): boolean =>
  codesOf(error).some((code) => code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))

export const databaseBusy = (cause?: unknown) =>
  caused(
    new Failure('unavailable', 'database_busy', 'The database is busy. Try again in a moment.', { retryAfter: 1 }),
    cause,
  )

export const databaseUnavailable = (cause?: unknown) =>
  caused(
    new Failure('unavailable', 'database_unavailable', 'The database does not answer. Try again in a moment.', {
      retryAfter: 5,
    }),
    cause,
  )

/** Turns what the machine cannot help (full disk, lock, lost server) into a Failure; anything else stays what it is. */
export const translate = (error: unknown): unknown => {
  if (error instanceof Failure) return error
  for (const code of codesOf(error)) {
    if (code === 'SQLITE_FULL')
      return caused(new Failure('storage_full', 'storage_full', 'There is no space left to store this.'), error)
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return databaseBusy(error)
    if (code.startsWith('SQLITE_READONLY')) {
      return caused(
        new Failure('unavailable', 'database_read_only', 'The database cannot be written at the moment.', {
          retryAfter: 60,
        }),
        error,
      )
    }
    if (code.startsWith('SQLITE_IOERR') || code === 'SQLITE_CANTOPEN' || NETWORK.test(code))
      return databaseUnavailable(error)
  }
  return error
}

/** Codes of Node, Bun and the Hrana client for a server that is gone, slow or failing. */
const NETWORK =
  /^(ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|ConnectionRefused|ConnectionClosed|FailedToOpenSocket|HRANA_|SERVER_ERROR|TRANSACTION_CLOSED|TimeoutError)/

const caused = (failure: Failure, cause: unknown) => Object.assign(failure, { cause })
