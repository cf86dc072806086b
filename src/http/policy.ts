import type { AnyElysia } from 'elysia'
import { Memoirist } from 'memoirist'
import type { Access, CachePolicy, Policy } from './exchange'

/** Bytes that a JSON body may have. */
const JSON_MAX = 1024 * 1024

/** What the router's options leave in a route's `detail`. */
export interface RouteDetail {
  'x-access'?: Access['kind']
  'x-permission'?: string
  'x-verified'?: boolean
  'x-step-up'?: boolean
  'x-tier'?: string
  'x-max-bytes'?: number
  'x-body'?: Policy['body']
  'x-page'?: boolean
  'x-produces'?: string
  'x-cached'?: CacheOptions
  'x-failures'?: readonly { status: number; code: string; message: string }[]
}

/** What a route says about keeping its replies to GET. */
export interface CacheOptions {
  /** Milliseconds that a reply is fresh. */
  ttl: number
  /** Milliseconds that a stale one may still be served while a new one is made, or when making it fails. */
  grace?: number
  /** Events that outdate it at once: `role.updated`, or `role.*` for all that begin so. */
  tags?: readonly string[]
  /**
   * `everybody` on a guarded route: whoever is let in gets the same reply. Only if the handler does not look at who
   * asks. Otherwise each caller has replies of their own.
   */
  per?: 'person' | 'everybody'
}

export interface Policies {
  all: readonly Policy[]
  find: (method: string, path: string) => Policy | undefined
  /** Methods that a path takes, for `Allow`. */
  methods: (path: string) => string[]
}

/** Reads what every mounted route declared. Throws if one under `/api` does not say who may call it. */
export const policiesOf = (api: AnyElysia): Policies => {
  const all: Policy[] = []
  const table = new Memoirist<Policy>()
  for (const route of api.routes) {
    const detail = detailOf(route)
    const access = accessOf(detail, `${route.method} ${route.path}`)
    const schema = route.hooks.body
    const query = propertiesOf(route.hooks.query)
    const policy: Policy = {
      method: route.method,
      template: templateOf(route.path),
      access,
      tier: detail['x-tier'],
      body: detail['x-body'] ?? (schema ? 'json' : 'none'),
      schema,
      bodyOptional: !schema?.required?.length,
      maxBytes: detail['x-max-bytes'] ?? JSON_MAX,
      query,
      page: detail['x-page'],
      cached: cacheOf(detail['x-cached'], access, query),
    }
    all.push(policy)
    table.add(route.method, policy.template, policy)
  }
  const known = [...new Set(all.map((policy) => policy.method))].filter((method) => method !== 'OPTIONS')
  const find = (method: string, path: string) =>
    table.find(method === 'HEAD' ? 'GET' : method, path)?.store ?? table.find('ALL', path)?.store
  const methods = (path: string) =>
    known
      .filter((method) => table.find(method, path))
      .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return { all, find, methods }
}

const cacheOf = (
  options: CacheOptions | undefined,
  { kind }: Access,
  query: readonly string[],
): CachePolicy | undefined =>
  options && { grace: 0, tags: [], per: kind === 'public' ? 'everybody' : 'person', ...options, query }

const propertiesOf = (schema: unknown): string[] =>
  typeof schema === 'object' && schema !== null && 'properties' in schema ? Object.keys(schema.properties ?? {}) : []

/**
 * A feature's own list is written `/` under its prefix and served without the slash. Elysia would take both; a path
 * without a policy goes no further than the edge.
 */
export const templateOf = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

/** What a route's options left in its `detail`. */
export const detailOf = (route: AnyElysia['routes'][number]): RouteDetail => (route.hooks.detail ?? {}) as RouteDetail

const accessOf = (detail: RouteDetail, name: string): Access => {
  const kind = detail['x-access'] ?? (detail['x-permission'] ? 'user' : undefined)
  if (!kind) {
    if (name.includes(' /api/'))
      throw new Error(`${name} does not say who may call it: give it auth, permission or public`)
    return { kind: 'public' }
  }
  if (kind === 'public') return { kind }
  return { kind, permission: detail['x-permission'], verified: detail['x-verified'], stepUp: detail['x-step-up'] }
}
