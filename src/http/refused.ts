import { type App, anonymous, contextOf } from '#core'
import type { Exchange } from './exchange'

/** Tells features of requests that were turned away. Costs nothing where nobody listens. */
export const refusals = (app: App) => {
  const listeners = app.features.flatMap((feature) => feature.onRefused?.(app) ?? [])

  return async (request: Request, exchange: Exchange, status: number): Promise<void> => {
    const { policy, error, identity, ip, requestId, span } = exchange
    if (listeners.length === 0 || !policy || !error || status < 400 || status >= 500) return
    // A context of its own: what is written down about a refusal is no effect of the request.
    const ctx = contextOf(app, {
      actor: identity?.actor ?? anonymous,
      requestId,
      ip: ip === 'unknown' ? null : ip,
      userAgent: request.headers.get('user-agent')?.slice(0, 512) ?? null,
      traceparent: span?.traceparent ?? null,
      span,
    })
    const { template: route, access, tier } = policy
    const permission = access.kind === 'public' ? undefined : access.permission
    const refused = { ctx, method: request.method, route, status, code: error, permission, tier }
    for (const tell of listeners) await tell(refused)
  }
}
