import { Elysia } from 'elysia'
import { type App, type HealthReport, holds, seconds } from '#core'
import { exchangeOf } from './exchange'
import { type Check, probesOf } from './probes'

/** How long one look at everything is good for. */
const FRESH = seconds(1)
const CONTENT_TYPE = 'application/health+json'

type Status = HealthReport['status']

interface Overall {
  status: Status
  checks: Check[]
}
export type Look = () => Promise<Overall>

/**
 * `/health/live`: the process answers; touches nothing, so that a broken dependency never restarts it. `/health/ready`
 * and `/health`: it can serve; parts that it can do without only warn, draining fails. Looks at most once a second,
 * whoever asks. Latencies and messages are for operators (`system:read`). After draft-inadarei-api-health-check.
 */
export const health = (app: App, state: { readonly draining: boolean }, look: Look = watcher(app)) => {
  const answer = async ({ request, set }: { request: Request; set: Answer }) => {
    set.headers['content-type'] = CONTENT_TYPE
    const { status, checks } = state.draining ? draining : await look()
    if (status === 'fail') {
      set.status = 503
      set.headers['retry-after'] = '1'
    }
    if (maySeeDetail(request))
      return { status, version: app.config.version, checks: Object.fromEntries(checks.map(inDetail)) }
    return status === 'fail' ? { status } : { status, checks: Object.fromEntries(checks.map(inPublic)) }
  }

  return new Elysia({ name: 'health' })
    .get('/health/live', ({ set }) => {
      set.headers['content-type'] = CONTENT_TYPE
      return { status: 'pass' }
    })
    .get('/health/ready', answer)
    .get('/health', answer)
}

interface Answer {
  status?: number | string
  headers: Record<string, unknown>
}

const draining: Overall = {
  status: 'fail',
  checks: [{ name: 'process', status: 'fail', latency: 0, detail: { output: 'draining' } }],
}

/** One look at everything at a time, kept for a second. */
export const watcher = (app: App): Look => {
  const probes = probesOf(app)
  let last: { at: number; overall: Promise<Overall> } | undefined
  const lookAround = async (): Promise<Overall> => {
    const checks = await Promise.all(probes.map((probe) => probe()))
    return { status: worst(checks), checks }
  }
  return () => {
    const now = app.clock.now().getTime()
    // A clock that was set back must not keep an old answer for good.
    if (!last || Math.abs(now - last.at) >= FRESH) last = { at: now, overall: lookAround() }
    return last.overall
  }
}

const worst = (checks: readonly Check[]): Status => {
  const has = (status: Status) => checks.some((check) => check.status === status)
  return has('fail') ? 'fail' : has('warn') ? 'warn' : 'pass'
}

const maySeeDetail = (request: Request) => {
  const actor = exchangeOf(request).identity?.actor
  return actor !== undefined && holds(actor.permissions, 'system:read')
}

const inPublic = ({ name, status }: Check) => [name, [{ status }]]
const inDetail = ({ name, status, latency, detail }: Check) => [
  name,
  [{ status, observedValue: latency, observedUnit: 'ms', ...detail }],
]
