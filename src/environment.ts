export type Environment = Record<string, string | undefined>

/** Reads settings one by one. What is wrong is added to `problems`, by name and without the value. */
export const readers = (env: Environment, problems: string[]) => {
  const wrong = (name: string, expected: string) => void problems.push(`${name} ${expected}`)
  const text = (name: string) => env[name]?.trim() || undefined
  const oneOf = <const T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const value = text(name)
    if (value === undefined) return fallback
    if ((allowed as readonly string[]).includes(value)) return value as T
    wrong(name, `has to be one of ${allowed.join(', ')}`)
    return fallback
  }
  const whole = (name: string, fallback: number, min: number, max: number) => {
    const value = text(name)
    if (value === undefined) return fallback
    if (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value)
    wrong(name, `has to be a whole number from ${min} to ${max}`)
    return fallback
  }
  const flag = (name: string, fallback: boolean) => {
    const value = text(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (['true', 'on', '1'].includes(value)) return true
    if (['false', 'off', '0'].includes(value)) return false
    wrong(name, 'has to be true, on, 1, false, off or 0')
    return fallback
  }
  const url = (name: string, protocols: string[]) => {
    const value = text(name)
    if (value === undefined) return undefined
    const parsed = URL.canParse(value) ? new URL(value) : undefined
    if (parsed && protocols.includes(parsed.protocol)) return value.replace(/\/+$/, '')
    wrong(name, `has to be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`)
    return undefined
  }
  /** From 0 to 1. */
  const fraction = (name: string, fallback: number) => {
    const value = text(name)
    if (value === undefined) return fallback
    if (/^(0|1|[01]?\.\d{1,9})$/.test(value) && Number(value) <= 1) return Number(value)
    wrong(name, 'has to be a number from 0 to 1')
    return fallback
  }
  const date = (name: string) => {
    const value = text(name)
    if (value === undefined) return undefined
    if (/^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/.test(value) && !Number.isNaN(Date.parse(value))) return new Date(value)
    wrong(name, 'has to be an ISO date such as 2027-01-31')
    return undefined
  }
  const list = (name: string) =>
    (text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
  /** `name=value`, separated by commas; values are percent-encoded. */
  const pairs = (name: string) => {
    const found: Record<string, string> = {}
    for (const item of list(name)) {
      const [, key, value] = /^([\w-]+)=((?:[^%]|%[2-7][\dA-Fa-f])+)$/.exec(item) ?? []
      if (key && value) found[key] = decodeURIComponent(value)
      else wrong(name, 'has to be name=value, separated by commas')
    }
    return found
  }
  const together = (names: string[]) => {
    const missing = names.filter((name) => !text(name))
    if (missing.length > 0 && missing.length < names.length)
      wrong(missing.join(', '), `is missing: ${names.join(', ')} belong together`)
    return missing.length === 0
  }

  return { wrong, text, oneOf, whole, fraction, flag, url, date, list, pairs, together }
}
