type Fields = Record<string, unknown>

const HIDDEN = '[redacted]'
const MAX_DEPTH = 6
const SECRET =
  /pass(word|phrase|wd)|secret|token|authorization|cookie|api[-_]?key|credential|(private|encryption|access)[-_]?key|signature|^(otp|totp|code|codes|backup[-_]?codes|mfa|jwt|bearer|key)$/i
const MAX_KNOWN_KEYS = 2000

/** Makes the function that says what may be written of the fields: nothing under a key that names a secret, at any depth. */
export const redactor = () => {
  const isSecret = judge()

  const clean = (value: unknown, depth: number, seen: WeakSet<object>): unknown => {
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    if (seen.has(value)) return '[circular]'
    if (depth > MAX_DEPTH) return '[deep]'
    seen.add(value)
    const copy = copyOf(value, (item) => clean(item, depth + 1, seen))
    seen.delete(value)
    return copy
  }

  const copyOf = (value: object, inner: (item: unknown) => unknown): unknown => {
    if (value instanceof Error) return describe(value, inner)
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    if (Array.isArray(value)) return value.map(inner)
    return fieldsOf(value, inner)
  }

  const fieldsOf = (value: object, inner: (item: unknown) => unknown): Fields => {
    const copy: Fields = {}
    for (const [key, item] of Object.entries(value)) copy[key] = isSecret(key) ? HIDDEN : inner(item)
    return copy
  }

  return (fields: Fields): Fields => fieldsOf(fields, (item) => clean(item, 1, new WeakSet([fields])))
}

/** Keys repeat on every line: each is looked at once. */
const judge = () => {
  const verdicts = new Map<string, boolean>()
  return (key: string) => {
    const known = verdicts.get(key)
    if (known !== undefined) return known
    const verdict = SECRET.test(key)
    if (verdicts.size < MAX_KNOWN_KEYS) verdicts.set(key, verdict)
    return verdict
  }
}

/** Drizzle puts the values of a failed query into its message: of such an error only the query and its cause are kept. */
const describe = (error: Error, inner: (item: unknown) => unknown): Fields => {
  const query = 'query' in error && typeof error.query === 'string' ? error.query : undefined
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    message: query === undefined ? error.message : `Failed query: ${query}`,
    ...('code' in error ? { code: error.code } : {}),
    stack: frames?.join('\n'),
    ...(error.cause === undefined ? {} : { cause: inner(error.cause) }),
  }
}
