import { t } from 'elysia'
import { type App, holds } from '#core'
import { authFailures } from '#features/auth'
import { eventStream, router } from '#http'
import { live } from './live'
import * as model from './models'

/** A client learns here what it may offer; whether something is allowed is decided by each route again. */
export const routes = (app: App) => {
  const known = app.features.flatMap(({ permissions }) => Object.keys(permissions ?? {})).sort()
  const features = app.features.map(({ name }) => name)
  return router(app, '/admin')
    .get(
      '/me',
      ({ ctx: { actor } }) => ({
        id: actor.userId,
        name: actor.name,
        role: actor.role,
        permissions: known.filter((permission) => holds(actor.permissions, permission)),
        features,
        impersonatorId: actor.type === 'impersonator' ? actor.adminId : null,
        version: app.config.version,
      }),
      { auth: 'user', summary: 'Who am I, and what may I do', response: { 200: model.Viewer } },
    )
    .get('/live', ({ ctx, request }) => eventStream(request, live(ctx)), {
      auth: 'user',
      produces: 'text/event-stream',
      summary: 'What has changed, by topic, as it happens (Server-Sent Events)',
      response: { 200: t.Any() },
      fails: [authFailures.TOO_MANY_STREAMS],
    })
}
