import type { Config } from '#core'
import { failures } from './failures'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** True if a browser says that another site made this request (OWASP CSRF prevention: Fetch Metadata and Origin). */
const isCrossSite = (config: Config, request: Request): boolean => {
  if (SAFE.has(request.method)) return false
  if (request.headers.get('sec-fetch-site') === 'cross-site') return true
  const origin = request.headers.get('origin')
  if (origin === null || origin === new URL(config.appUrl).origin) return false
  return origin !== new URL(request.url).origin && !config.corsOrigins.includes(origin)
}

/** True if a browser says that one of our own sites made this request. What does not say so is no browser of today. */
export const isSameSite = (config: Config, request: Request): boolean =>
  SAFE.has(request.method) || (request.headers.has('origin') && !isCrossSite(config, request))

/** For routes that a cookie authenticates: throws CROSS_SITE_REQUEST unless one of our own sites asks. */
export const requireSameSite = (config: Config, request: Request) => {
  if (!isSameSite(config, request)) throw failures.CROSS_SITE_REQUEST()
}

/** For routes that set or expire cookies: throws CROSS_SITE_REQUEST if another site asks. Programs may. */
export const refuseCrossSite = (config: Config, request: Request) => {
  if (isCrossSite(config, request)) throw failures.CROSS_SITE_REQUEST()
}
