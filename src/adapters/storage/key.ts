const MAX_LENGTH = 512
/** Segments of letters, digits, `_`, `-` and `.`, none of which begins with a dot. */
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})*$/

/** The key, if it can be nothing but a place inside the store. Throws an Error if not: keys are made here, never by a caller. */
export const checkKey = (key: string): string => {
  if (key.length > MAX_LENGTH || !KEY.test(key)) throw new Error('Not a storage key')
  return key
}
