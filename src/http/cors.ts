import { Elysia } from 'elysia'
import type { App } from '#core'
import { exchangeOf } from './exchange'

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const REQUEST_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Range, Traceparent, X-API-Key, X-Request-Id'
/** What a script on another origin may read beyond the safelisted ones. */
const EXPOSED_HEADERS =
  'Content-Disposition, Content-Range, Deprecation, ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, WWW-Authenticate, X-Cache, X-Request-Id'
/** Seconds that a browser remembers a preflight. */
const MAX_AGE_SECONDS = 600

/**
 * CORS by an exact list of origins, on every reply, refusals included. Without a list there is none: browsers then keep
 * other origins out by themselves. Strangers learn nothing: no header names what is allowed. WHATWG Fetch, ASVS 5.0 V3.4.2.
 */
export const cors = (app: Pick<App, 'config'>) => {
  const plugin = new Elysia({ name: 'cors' })
  const origins = app.config.corsOrigins
  if (origins.length === 0) return plugin
  const replies = new Map(
    origins.map((origin) => {
      const allowed = { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
      const preflight = {
        ...allowed,
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': String(MAX_AGE_SECONDS),
      }
      return [origin, { preflight, reply: { ...allowed, 'access-control-expose-headers': EXPOSED_HEADERS } }]
    }),
  )
  return plugin.onRequest(({ request, set }) => {
    const origin = request.headers.get('origin')
    const known = origin === null ? undefined : replies.get(origin)
    if (isPreflight(request)) {
      Object.assign(set.headers, known?.preflight)
      set.headers.vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
      return new Response(null, { status: 204, headers: exchangeOf(request).headers })
    }
    if (known) Object.assign(set.headers, known.reply)
  })
}

/** An OPTIONS that a browser sends ahead of a request, rather than one that somebody sends for its own sake. */
export const isPreflight = (request: Request) =>
  request.method === 'OPTIONS' && request.headers.has('access-control-request-method')
