/** Characters of an error that are kept. */
const LENGTH = 500
const ADDRESS = /[^\s@<>"',;:]+@[^\s@<>"',;:]+/g
const QUERY_OR_LOGIN = /(\w+:\/\/)([^\s/@]+@)?([^\s?#]*)[?#]?\S*/g
/** Long runs of letters and digits: tokens, keys, hashes. */
const RUN = /[\w+/=.-]{24,}/g
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * Class and message of whatever was thrown, fit to be kept in a table that admins read: no query values, and nothing
 * that looks like a secret or an address.
 */
export const describeError = (thrown: unknown): string => {
  const error = innermost(thrown)
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `Thrown: ${typeof error}`
  return mask(text).slice(0, LENGTH)
}

// The message of a failed query repeats its values; what the database said of it stands in the cause.
const innermost = (thrown: unknown): unknown =>
  thrown instanceof Error && 'query' in thrown && thrown.cause !== undefined ? innermost(thrown.cause) : thrown

const mask = (text: string) =>
  text
    .replace(QUERY_OR_LOGIN, '$1$3')
    .replace(ADDRESS, '[address]')
    .replace(RUN, (run) => (isSecret(run) ? '[redacted]' : run))

// Words, paths and names of classes have no digits; ids may stay.
const isSecret = (run: string) => /\d/.test(run) && /[a-z]/i.test(run) && !UUID.test(run)
