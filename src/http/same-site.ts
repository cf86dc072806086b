import type { Config } from '#core'
import { failures } from './failures'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** True unless a browser says that another site made this request (OWASP CSRF prevention: Fetch Metadata and Origin). */
export const isSameSite = (config: Config, request: Request): boolean => {
  if (SAFE.has(request.method)) return true
  if (request.headers.get('sec-fetch-site') === 'cross-site') return false
  const origin = request.headers.get('origin')
  if (origin === null) return false
  return (
    origin === new URL(config.appUrl).origin ||
    origin === new URL(request.url).origin ||
    config.corsOrigins.includes(origin)
  )
}

/** For routes that set cookies: throws CROSS_SITE_REQUEST if another site asks for them. */
export const requireSameSite = (config: Config, request: Request) => {
  if (!isSameSite(config, request)) throw failures.CROSS_SITE_REQUEST()
}
