import { type AnyElysia, Elysia } from 'elysia'
import type { App } from '#core'
import { admit, identifier } from './admission'
import { checkBody } from './body'
import { cached } from './cached'
import { clientIp } from './client-ip'
import { compress, varyBy } from './compression'
import { isPreflight } from './cors'
import { deprecatedUseOf } from './deprecated-use'
import { attachExchange, type Exchange, exchangeOf, type Peer } from './exchange'
import { failures } from './failures'
import { hostCheck } from './host'
import { idempotent } from './idempotency'
import { accessLog } from './log'
import type { Policies } from './policy'
import { checkQuery } from './query'
import { rateLimits } from './rate-limit'
import { refusals } from './refused'
import { requestIds } from './request-id'
import { requestSpans } from './spans'
import { trafficOf } from './traffic'
import { refuseVersion, versionHeaders, versionOf } from './versions'

/** Characters of a request's address; beyond it nobody links on purpose. */
const MAX_URL = 8192
/** Stands for the address of a request that has none. */
const NOWHERE = 'http://localhost/'

/** Told when a request begins and when its reply goes out. */
export interface Meter {
  begin(): void
  observe(exchange: Exchange, method: string, status: number, seconds: number): void
}

/** Throws inside the router what admission found, so that every refusal leaves through the same door. */
export const gate = () =>
  new Elysia({ name: 'gate' }).onRequest(({ request, set }) => {
    const exchange = exchangeOf(request)
    Object.assign(set.headers, exchange.headers)
    if (exchange.failure) throw exchange.failure
    if (exchange.replay) return exchange.replay
  })

/**
 * The way of a request: it gets its id, its route's policy is looked up, the caller is identified and counted, and only
 * then does the router read the body. What comes back is compressed, measured and logged.
 */
export const edge = (app: App, api: AnyElysia, policies: Policies, meter: Meter) => {
  const nextId = requestIds()
  const hasHost = hostCheck()
  const ipOf = clientIp(app.config.trustedProxies)
  const identify = identifier(app)
  const limit = rateLimits(app)
  const log = accessLog(app)
  const tellOfRefusal = refusals(app)
  const spans = requestSpans(app)
  const traffic = trafficOf(app)
  const deprecated = deprecatedUseOf(app)
  const answer = cached(
    app,
    policies.all,
    idempotent(app, (request) => api.fetch(request)),
  )
  const crossOrigin = app.config.corsOrigins.length > 0

  const open = (request: Request, peer: Peer): Exchange => {
    const requestId = nextId(request.headers.get('x-request-id'))
    const exchange: Exchange = {
      requestId,
      ip: ipOf(request, peer.address),
      startedAt: performance.now(),
      peer,
      headers: { 'x-request-id': requestId },
    }
    attachExchange(request, exchange)
    return exchange
  }

  const check = async (request: Request, exchange: Exchange, path: string) => {
    exchange.policy = policies.find(request.method, path)
    const probe = path.startsWith('/health/') || path === '/health' || path === '/metrics'
    if (!probe) spans?.begin(exchange, request)
    const version = versionOf(path)
    if (version) {
      exchange.version = version
      Object.assign(exchange.headers, versionHeaders(app, version, path))
    }
    const { headers } = request
    if (headers.has('authorization') || headers.has('x-api-key') || headers.has('cookie')) {
      const identifying = identify(request, exchange)
      if (identifying) await identifying
    }
    const limiting = probe ? undefined : limit(exchange)
    if (limiting) await limiting
    if (version) refuseVersion(app, version)
    if (exchange.policy) {
      admit(exchange.policy.access, exchange, app.clock.now())
      checkBody(request, exchange.policy)
      checkQuery(request, exchange.policy)
      return
    }
    const methods = policies.methods(path)
    if (methods.length === 0) throw failures.NOT_FOUND()
    exchange.headers.allow = methods.join(', ')
    throw failures.METHOD_NOT_ALLOWED()
  }

  return async (sent: Request, peer: Peer = {}): Promise<Response> => {
    const addressed = hasHost(sent)
    const request = addressed ? sent : new Request(NOWHERE, { headers: sent.headers })
    const exchange = open(request, peer)
    meter.begin()
    try {
      if (!addressed) {
        exchange.headers.connection = 'close'
        throw failures.MALFORMED_REQUEST()
      }
      if (request.url.length > MAX_URL) throw failures.URI_TOO_LONG()
      if (!(crossOrigin && isPreflight(request))) await check(request, exchange, pathOf(request.url))
    } catch (error) {
      exchange.failure = error
    }
    const answered = await answer(request, exchange)
    if (crossOrigin) varyBy(answered.headers, 'Origin')
    const response = await compress(request, answered)
    if (exchange.error !== undefined) await tellOfRefusal(request, exchange, response.status)
    const duration = performance.now() - exchange.startedAt
    meter.observe(exchange, request.method, response.status, duration / 1000)
    spans?.end(exchange, response.status)
    if (exchange.version) {
      traffic.note(response.status, duration)
      deprecated.note(exchange)
    }
    log(exchange, request, response, duration)
    return response
  }
}

/** The path as it was sent, neither decoded nor normalised: `/%6cogin` is not `/login`. */
const pathOf = (url: string) => {
  const start = url.indexOf('/', 8)
  const query = url.indexOf('?', start)
  return query === -1 ? url.slice(start) : url.slice(start, query)
}
