import { timingSafeEqual } from 'node:crypto'
import { Elysia } from 'elysia'
import type { App } from '#core'
import { exchangeOf } from './exchange'
import { failures } from './failures'
import type { Look } from './health'
import type { Check } from './probes'
import { requestTally } from './tally'

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/
type Measured = Pick<App, 'config'> & { queue: Pick<App['queue'], 'depth'> }

/** What a proxy on this machine adds: behind one, everybody comes from loopback. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'fly-client-ip', 'via']

/**
 * `GET /metrics` in Prometheus text, for the bearer of METRICS_TOKEN or for a scraper on this machine, and `begin`
 * and `observe` that feed it. The process metrics of prom-client are loaded by the first scrape. Throws UNAUTHENTICATED.
 */
export const metrics = (app: Measured, look: Look) => {
  const { begin, observe, render } = requestTally()
  let parts: Promise<() => Promise<string>> | undefined

  const plugin = new Elysia({ name: 'metrics' }).get('/metrics', async ({ request, set }) => {
    if (!mayRead(app, request)) throw failures.UNAUTHENTICATED()
    parts ??= processMetrics(app)
    const text = render() + (await (await parts)()) + healthMetrics((await look()).checks)
    set.headers['content-type'] = 'text/plain; version=0.0.4; charset=utf-8'
    return text
  })

  return { plugin, begin, observe }
}

const mayRead = (app: Measured, request: Request) => {
  const { metricsToken } = app.config
  const [scheme, token] = request.headers.get('authorization')?.split(' ') ?? []
  if (metricsToken && token && scheme?.toLowerCase() === 'bearer') return same(token, metricsToken)
  return LOOPBACK.test(exchangeOf(request).peer.address ?? '') && !FORWARDED.some((name) => request.headers.has(name))
}

/** In the same time whatever is wrong. ASVS 5.0 V11.2.4. */
const same = (given: string, expected: string) => timingSafeEqual(sha256(given), sha256(expected))
const sha256 = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest()

const processMetrics = async (app: Measured) => {
  const { collectDefaultMetrics, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const info = new Gauge({
    name: 'keel_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers: [registry],
  })
  info.set({ version: app.config.version }, 1)
  const jobs = new Gauge({ name: 'keel_jobs', help: 'Jobs by state.', labelNames: ['state'], registers: [registry] })
  const lag = new Gauge({
    name: 'keel_jobs_lag_seconds',
    help: 'Age of the oldest job that is due.',
    registers: [registry],
  })
  return async () => {
    try {
      const { waiting, running, dead, lag: age } = await app.queue.depth()
      jobs.set({ state: 'waiting' }, waiting)
      jobs.set({ state: 'running' }, running)
      jobs.set({ state: 'dead' }, dead)
      lag.set(age / 1000)
    } catch {
      // A scrape has to say that the database is gone (keel_health), not fail because it is.
      jobs.reset()
      lag.reset()
    }
    return registry.metrics()
  }
}

/** How each part is, and the numbers that parts tell of themselves. */
const healthMetrics = (checks: readonly Check[]) => {
  const lines = [
    '# HELP keel_health 1 if the part is well, 0 if it warns or fails.',
    '# TYPE keel_health gauge',
    ...checks.map(({ name, status }) => `keel_health{part="${name}"} ${Number(status === 'pass')}`),
  ]
  for (const { gauges = {} } of checks)
    for (const [name, value] of Object.entries(gauges)) lines.push(`# TYPE keel_${name} gauge`, `keel_${name} ${value}`)
  return `${lines.join('\n')}\n`
}
