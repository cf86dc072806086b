import { minutes, perApp } from '#core'

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
  tiers: Readonly<Record<string, Limit>>
  /** Counts and tells, but refuses nobody. */
  dryRun: boolean
}

/** What somebody has changed about the limits; the rest is as it was built or configured. */
export interface LimitChanges {
  general?: Limit
  tiers?: Readonly<Record<string, Limit>>
  dryRun?: boolean
}

/** Where changes are kept, if they are: asked again now and then, because the bus may lose a message. */
type Source = () => Promise<LimitChanges | undefined>

const ASK_AGAIN = minutes(1)

/** The limits in force in this process. Changed limits are published on the bus as `rate-limits`. */
export const limitsOf = perApp((app) => {
  const defaults: RateLimits = { general: app.config.rateLimit.general, tiers: TIERS, dryRun: false }
  let current = defaults
  let source: Source | undefined
  let asked = 0

  const apply = (changes: LimitChanges) => {
    current = { ...defaults, ...changes, tiers: { ...defaults.tiers, ...changes.tiers } }
  }
  const ask = async () => {
    asked = app.clock.now().getTime()
    try {
      apply((await source?.()) ?? {})
    } catch (error) {
      app.log.warn({ error: String(error) }, 'rate limits were not read: those before stay in force')
    }
  }
  app.bus.subscribe('rate-limits', (message) => apply(message as LimitChanges))

  return {
    defaults,
    /** What holds now. Never waits. */
    current: (): RateLimits => {
      if (source && Math.abs(app.clock.now().getTime() - asked) > ASK_AGAIN) void ask()
      return current
    },
    /** Takes the limits from there, at once and from now on. */
    readFrom: (kept: Source): Promise<void> => {
      source = kept
      return ask()
    },
  }
})
