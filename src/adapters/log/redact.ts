type Fields = Record<string, unknown>

const HIDDEN = '[redacted]'
const MAX_DEPTH = 6
const SECRET =
  /pass(word|phrase|wd)|secret|token|authorization|cookie|api[-_]?key|credential|(private|encryption|access)[-_]?key|signature|^(otp|totp|code|codes|backup[-_]?codes|mfa|jwt|bearer|key)$/i
const MAX_KNOWN_KEYS = 2000

/** What may be written of the fields: nothing under a key that names a secret, at any depth; errors without query values. */
export const redact = (fields: Fields): Fields => clean(fields, 0, new WeakSet()) as Fields

// Keys repeat on every line: each is looked at once.
const verdicts = new Map<string, boolean>()
const isSecret = (key: string) => {
  const known = verdicts.get(key)
  if (known !== undefined) return known
  const verdict = SECRET.test(key)
  if (verdicts.size < MAX_KNOWN_KEYS) verdicts.set(key, verdict)
  return verdict
}

const clean = (value: unknown, depth: number, seen: WeakSet<object>): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (seen.has(value)) return '[circular]'
  if (depth > MAX_DEPTH) return '[deep]'
  seen.add(value)
  const copy = copyOf(value, depth, seen)
  seen.delete(value)
  return copy
}

const copyOf = (value: object, depth: number, seen: WeakSet<object>): unknown => {
  if (value instanceof Error) return describe(value, depth, seen)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1, seen))
  const copy: Fields = {}
  for (const [key, item] of Object.entries(value)) copy[key] = isSecret(key) ? HIDDEN : clean(item, depth + 1, seen)
  return copy
}

/** An error for the log. Drizzle puts the values of a failed query into its message: only the query and its cause are kept. */
const describe = (error: Error, depth: number, seen: WeakSet<object>): Fields => {
  const query = 'query' in error && typeof error.query === 'string' ? error.query : undefined
  const frames = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
  return {
    type: error.name,
    message: query === undefined ? error.message : `Failed query: ${query}`,
    ...('code' in error ? { code: error.code } : {}),
    stack: frames,
    ...(error.cause === undefined ? {} : { cause: clean(error.cause, depth + 1, seen) }),
  }
}
