import { type App, actorId } from '#core'
import type { Exchange } from './exchange'

/** One JSON line per request: by route template, without query, body or credential. */
export const accessLog = (app: App) => (exchange: Exchange, request: Request, response: Response, duration: number) => {
  const actor = exchange.identity?.actor
  app.log.access({
    requestId: exchange.requestId,
    method: request.method,
    route: exchange.policy?.template ?? 'unmatched',
    status: response.status,
    ms: Math.round(duration * 100) / 100,
    ip: exchange.ip,
    actor: actor && `${actor.type}:${actorId(actor)}`,
    userAgent: request.headers.get('user-agent')?.slice(0, 200) ?? undefined,
    error: exchange.error,
    traceId: exchange.span?.traceparent.slice(3, 35),
  })
}
