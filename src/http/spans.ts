import { type App, actorId, traceparentOf } from '#core'
import type { Exchange } from './exchange'

/** The span of each request, named by its route template, below the caller's own. Nothing where none are collected. */
export const requestSpans = ({ traces }: Pick<App, 'traces'>) =>
  traces && {
    begin: (exchange: Exchange, request: Request) => {
      const { policy, requestId } = exchange
      exchange.span = traces.begin(policy ? `${policy.method} ${policy.template}` : 'unmatched', {
        kind: 'server',
        parent: traceparentOf(request.headers.get('traceparent')),
        attributes: {
          'http.request.method': policy?.method,
          'http.route': policy?.template,
          'keel.request_id': requestId,
        },
      })
    },
    end: ({ span, identity, error }: Exchange, status: number) => {
      span?.set({
        'http.response.status_code': status,
        'keel.actor': identity && `${identity.actor.type}:${actorId(identity.actor)}`,
        'error.type': error,
      })
      // As the conventions for HTTP have it: a refusal is the caller's error, not the server's.
      span?.end(status >= 500 ? (error ?? String(status)) : undefined)
    },
  }
