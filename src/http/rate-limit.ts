import { type App, seconds } from '#core'
import { bucketOf } from './client-ip'
import type { Exchange } from './exchange'
import { failures } from './failures'
import { type Limit, limitsOf } from './limits'

/** Holds requests against the limits in force; see `limits.ts`. */
export const rateLimits = (app: App) => {
  const limits = limitsOf(app)

  /** Counts the request against the caller's buckets. Sets the headers; throws RATE_LIMITED when one is full. */
  return async (exchange: Exchange): Promise<void> => {
    if (!app.config.rateLimit.on) return
    const current = limits.current()
    const bucket = exchange.identity?.limit
    const caller = bucket?.key ?? bucketOf(exchange.ip)
    const general = bucket?.own ?? current.general
    const name = bucket ? 'api-key' : 'general'
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
    if (!limits.current().dryRun) throw failures.RATE_LIMITED({ retryAfter: Math.ceil(resetIn / 1000) })
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
