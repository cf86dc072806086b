import { Elysia } from 'elysia'
import type { App } from '#core'
import type { Config } from '../config'

/** Two years, as browsers' preload lists ask for. */
const HSTS_MAX_AGE_SECONDS = 63_072_000

/**
 * What every reply carries unless it says otherwise itself: nothing may frame, sniff, embed or store it. One constant
 * table; a page brings its own CSP. ASVS 5.0 V3.4, OWASP REST Security Cheat Sheet.
 */
export const securityHeaders = ({
  production,
  corsOrigins,
}: Pick<Config, 'production' | 'corsOrigins'>): Readonly<Record<string, string>> => ({
  'cache-control': 'private, no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // What the reply depends on, in one constant: appending to each reply would cost more than all other headers.
  vary: corsOrigins.length > 0 ? 'Origin, Accept-Encoding' : 'Accept-Encoding',
  // Plain http during development must not be locked out for two years.
  ...(production ? { 'strict-transport-security': `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains` } : {}),
})

export const headers = (app: Pick<App, 'config'>) =>
  new Elysia({ name: 'headers' }).headers({ ...securityHeaders(app.config) })
