import { type App, seconds } from '#core'
import { bucketOf } from './client-ip'
import type { Exchange } from './exchange'
import { failures } from './failures'

/** Requests per window in seconds. */
export interface Limit {
  limit: number
  window: number
}

/** Costly or attractive routes have a bucket of their own, on top of the general one. */
export const TIERS = {
  register: { limit: 30, window: 60 },
  login: { limit: 30, window: 60 },
  mail: { limit: 20, window: 60 },
  '2fa': { limit: 30, window: 60 },
  token: { limit: 30, window: 60 },
  refresh: { limit: 120, window: 60 },
  password: { limit: 20, window: 60 },
  upload: { limit: 60, window: 60 },
  export: { limit: 10, window: 60 },
  webhook: { limit: 20, window: 60 },
  backup: { limit: 10, window: 60 },
  search: { limit: 120, window: 60 },
} satisfies Record<string, Limit>

export interface RateLimits {
  general: Limit
  tiers: Record<string, Limit>
  /** Counts and tells, but refuses nobody. */
  dryRun: boolean
}

/** The limits in force. Replaced as a whole when an admin edits them: whoever does publishes them on `rate-limits`. */
export const rateLimits = (app: App) => {
  let current: RateLimits = { general: app.config.rateLimit.general, tiers: TIERS, dryRun: false }
  app.bus.subscribe('rate-limits', (message) => {
    current = { ...current, ...(message as Partial<RateLimits>) }
  })

  /** Counts the request against the caller's buckets. Sets the headers; throws RATE_LIMITED when one is full. */
  return async (exchange: Exchange): Promise<void> => {
    if (!app.config.rateLimit.on) return
    const own = exchange.identity?.limit
    const caller = own?.key ?? bucketOf(exchange.ip)
    const general = own ?? current.general
    const name = own ? 'api-key' : 'general'
    const first = app.counters.hit(`${name}:${caller}`, seconds(general.window))
    const count = first instanceof Promise ? await first : first
    const left = set(exchange, name, general, count)
    const tier = exchange.policy?.tier
    const limit = tier ? current.tiers[tier] : undefined
    if (left >= 0 && tier && limit) {
      const second = await app.counters.hit(
        `${tier}:${exchange.identity?.actor.userId ?? bucketOf(exchange.ip)}`,
        seconds(limit.window),
      )
      if (set(exchange, tier, limit, second) < 0) refuse(second.resetIn)
    }
    if (left < 0) refuse(count.resetIn)
  }

  function refuse(resetIn: number) {
    if (!current.dryRun) throw failures.RATE_LIMITED({ retryAfter: Math.ceil(resetIn / 1000) })
  }
}

/** Adds to the headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers); returns what is left, negative if over. */
const set = (
  exchange: Exchange,
  name: string,
  { limit, window }: Limit,
  { count, resetIn }: { count: number; resetIn: number },
) => {
  const { headers } = exchange
  const policy = `"${name}";q=${limit};w=${window}`
  const state = `"${name}";r=${Math.max(0, limit - count)};t=${Math.ceil(resetIn / 1000)}`
  headers['ratelimit-policy'] = headers['ratelimit-policy'] ? `${policy}, ${headers['ratelimit-policy']}` : policy
  headers.ratelimit = headers.ratelimit ? `${state}, ${headers.ratelimit}` : state
  return limit - count
}
