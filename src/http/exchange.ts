import {
  type Actor,
  type App,
  anonymous,
  type Context,
  contextOf,
  type Failure,
  type Identity,
  traceparentOf,
} from '#core'

/** What a route declared about itself. Read by the edge before anything of the body is. */
export interface Policy {
  method: string
  /** Route template such as `/api/v1/users/:id`: the label in logs and metrics. */
  template: string
  /** Who may call it. */
  access: Access
  /** Named rate-limit tier, on top of the general one. */
  tier?: string
  /** What the body may be; `none` when it takes no body. */
  body: 'json' | 'form' | 'multipart' | 'bytes' | 'none'
  /** Schema of its JSON. */
  schema?: unknown
  /** The body may be left out. */
  bodyOptional: boolean
  /** Largest body in bytes. */
  maxBytes: number
  /** Names of the parameters that its query may have. */
  query: readonly string[]
  /** For people: a refusal is a page as well. */
  page?: boolean
  /** Its replies to GET are kept. */
  cached?: CachePolicy
}

/** How replies are kept, in milliseconds. */
export interface CachePolicy {
  ttl: number
  grace: number
  /** Events that outdate a reply: `role.updated`, or `role.*` for all that begin so. */
  tags: readonly string[]
  /** Whose a reply is: on a guarded route the caller's alone, unless it says `everybody`. */
  per: 'person' | 'everybody'
  /** Parameters of the query that a reply depends on. */
  query: readonly string[]
}

export type Access =
  | { kind: 'public' }
  /** A session or an API key. */
  | { kind: 'user'; permission?: string; verified?: boolean; stepUp?: boolean }
  /** A session only: no API key. */
  | { kind: 'session'; permission?: string; verified?: boolean; stepUp?: boolean }

/** One request on its way through the edge. */
export interface Exchange {
  readonly requestId: string
  /** Client address without port, IPv4-mapped IPv6 unwrapped; `unknown` if there is none. */
  readonly ip: string
  /** `performance.now()` at arrival. */
  readonly startedAt: number
  /** API version in the path: `v1`. */
  version?: string
  policy?: Policy
  identity?: Identity
  /** What admission threw: a Failure, or a bug. */
  failure?: unknown
  /** Why the credential was refused, if there was one. */
  refusal?: Failure
  context?: Context
  /** A reply that was given before to the same request, and is given again. */
  replay?: Response
  /** Set while the request runs under an Idempotency-Key. */
  beforeCommit?: Context['beforeCommit']
  /** Headers that the answer gets whatever happens: limits, versions. */
  readonly headers: Record<string, string>
  /** Where traces are collected. */
  span?: Context['span']
  /** Problem code or exception name, for the access log. */
  error?: string
  /** The connection's own address and its switch against the idle timeout, when there is a socket. */
  readonly peer: Peer
}

export interface Peer {
  address?: string
  /** Turns the idle timeout off for this request: for streams. */
  keepOpen?: () => void
}

const EXCHANGE = Symbol('exchange')
type Carrier = Request & { [EXCHANGE]?: Exchange }

export const attachExchange = (request: Request, exchange: Exchange) => {
  ;(request as Carrier)[EXCHANGE] = exchange
}

/** The exchange of a request that came through the edge. Throws if it did not: nothing is served around it. */
export const exchangeOf = (request: Request): Exchange => {
  const exchange = (request as Carrier)[EXCHANGE]
  if (!exchange) throw new Error('A request reached a route without passing the edge')
  return exchange
}

/** The verb's context for this request, made once. */
export const requestContext = (app: App, request: Request): Context => {
  const exchange = exchangeOf(request)
  const actor: Actor = exchange.identity?.actor ?? anonymous
  exchange.context ??= contextOf(app, {
    actor,
    requestId: exchange.requestId,
    ip: exchange.ip === 'unknown' ? null : exchange.ip,
    userAgent: request.headers.get('user-agent')?.slice(0, 512) ?? null,
    traceparent: exchange.span?.traceparent ?? traceparentOf(request.headers.get('traceparent')),
    span: exchange.span,
    beforeCommit: exchange.beforeCommit,
  })
  return exchange.context
}
