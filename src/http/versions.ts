import type { App } from '#core'
import { failures } from './failures'

/** Every version that is served, oldest first. The successor of one is the one behind it. */
export const VERSIONS: readonly string[] = ['v1', 'v2']

type Configured = Pick<App, 'config'>

interface Dates {
  deprecatedAt?: Date
  sunsetAt?: Date
}

const NONE: Readonly<Record<string, string>> = Object.freeze({})

/** The version that a path asks for, known or not; nothing if it asks for none. */
export const versionOf = (path: string): string | undefined => {
  if (!path.startsWith('/api/')) return undefined
  const end = path.indexOf('/', 5)
  const segment = end === -1 ? path.slice(5) : path.slice(5, end)
  return VERSIONS.includes(segment) || /^v\d/i.test(segment) ? segment : undefined
}

/**
 * What every reply of a version carries from the moment its dates are configured: `Deprecation` (RFC 9745), `Sunset`
 * (RFC 8594) and a `Link` to the same path under the successor.
 */
export const versionHeaders = (app: Configured, version: string, path: string): Readonly<Record<string, string>> => {
  const { deprecatedAt, sunsetAt } = datesOf(app, version)
  if (!deprecatedAt && !sunsetAt) return NONE
  const successor = VERSIONS[VERSIONS.indexOf(version) + 1]
  const headers: Record<string, string> = {}
  if (deprecatedAt) headers.deprecation = `@${Math.floor(deprecatedAt.getTime() / 1000)}`
  if (sunsetAt) headers.sunset = sunsetAt.toUTCString()
  if (successor)
    headers.link = `<${app.config.appUrl}/api/${successor}${safe(path.slice(5 + version.length))}>; rel="successor-version"`
  return headers
}

/** Throws UNKNOWN_VERSION, naming those there are, or VERSION_SUNSET once the date has come. */
export const refuseVersion = (app: Configured & Pick<App, 'clock'>, version: string) => {
  if (!VERSIONS.includes(version)) throw failures.UNKNOWN_VERSION({ members: { versions: VERSIONS } })
  const { sunsetAt } = datesOf(app, version)
  if (sunsetAt && sunsetAt <= app.clock.now()) throw failures.VERSION_SUNSET()
}

/** Every version with its dates and what comes after it. */
export const versionsOf = (app: Configured) =>
  VERSIONS.map((version, at) => {
    const { deprecatedAt, sunsetAt } = datesOf(app, version)
    return {
      version,
      deprecatedAt: deprecatedAt?.toISOString() ?? null,
      sunsetAt: sunsetAt?.toISOString() ?? null,
      successor: VERSIONS[at + 1] ?? null,
    }
  })

const datesOf = (app: Configured, version: string): Dates => {
  const configured: Readonly<Record<string, Dates | undefined>> = app.config.versions
  return configured[version] ?? NONE
}

/** Whatever could end the URI or the header stays out; a plain path comes back as it is. */
const safe = (path: string) => path.replace(/[^\w\-.~!$&'()*+,;=:@%/]/g, encodeURIComponent)
