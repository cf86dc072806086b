import { type App, type Count, seconds } from '#core'
import { bucketOf } from './client-ip'
import type { Exchange } from './exchange'
import { failures } from './failures'
import { type Limit, limitsOf } from './limits'

/** Holds requests against the limits in force; see `limits.ts`. */
export const rateLimits = (app: App) => {
  const limits = limitsOf(app)

  /**
   * Counts the request against the caller's buckets, at once where the counters are in memory. Sets the headers; throws
   * RATE_LIMITED when one is full.
   */
  return (exchange: Exchange): Done => {
    if (!app.config.rateLimit.on) return
    const current = limits.current()
    const bucket = exchange.identity?.limit
    const general = bucket?.own ?? current.general
    const name = bucket ? 'api-key' : 'general'
    const tier = exchange.policy?.tier
    const limit = tier ? current.tiers[tier] : undefined

    const counted = (count: Count): Done => {
      if (set(exchange, name, general, count) < 0) return refuse(name, count)
      if (!tier || !limit) return
      // Where strangers are let in, being somebody must not give another bucket: accounts are free.
      const own = exchange.policy?.access.kind === 'public' ? undefined : exchange.identity?.actor.userId
      const caller = own ?? bucketOf(exchange.ip)
      const check = (second: Count) => (set(exchange, tier, limit, second) < 0 ? refuse(tier, second) : undefined)
      return after(app.counters.hit(`${tier}:${caller}`, seconds(limit.window)), check)
    }
    const key = `${name}:${bucket?.key ?? bucketOf(exchange.ip)}`
    return after(app.counters.hit(key, seconds(general.window)), counted)
  }

  /** Names the full bucket like the problem type of the draft. */
  function refuse(name: string, { resetIn }: Count) {
    if (limits.current().dryRun) return
    throw failures.RATE_LIMITED({
      retryAfter: Math.ceil(resetIn / 1000),
      members: { 'violated-policies': [name] },
    })
  }
}

type Done = void | Promise<void>

/** Goes on at once with what is there, later with what is to come. */
const after = <T>(value: T | Promise<T>, next: (value: T) => Done): Done =>
  value instanceof Promise ? value.then(next) : next(value)

/** Adds to the headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers); returns what is left, negative if over. */
const set = (exchange: Exchange, name: string, { limit, window }: Limit, { count, resetIn }: Count) => {
  const { headers } = exchange
  const policy = `"${name}";q=${limit};w=${window}`
  const state = `"${name}";r=${Math.max(0, limit - count)};t=${Math.ceil(resetIn / 1000)}`
  headers['ratelimit-policy'] = headers['ratelimit-policy'] ? `${policy}, ${headers['ratelimit-policy']}` : policy
  headers.ratelimit = headers.ratelimit ? `${state}, ${headers.ratelimit}` : state
  return limit - count
}
