import { t } from 'elysia'
import type { App } from '#core'
import { authFailures } from '#features/auth'
import { eventStream, pageOf, pageQuery, queryWord, router } from '#http'
import { failures } from './failures'
import { list, markRead, remove, unreadCount } from './inbox'
import * as model from './models'
import { changePreferences, preferencesOf } from './preferences'
import { pushKey, subscribe, unsubscribePush } from './push'
import { stream } from './stream'

export const inboxRoutes = (app: App) =>
  router(app, '/notifications')
    .get('/', ({ ctx, query }) => list(ctx, query), {
      auth: 'user',
      paged: true,
      summary: 'What I was told, newest first',
      query: pageQuery(['createdAt'], {
        unread: t.Optional(queryWord('true', 'false')),
        type: t.Optional(
          t.String({ pattern: '^[a-z_]{1,40}\\.[a-z_]{1,40}$', error: 'has to be a type such as password.changed' }),
        ),
      }),
      response: { 200: pageOf(model.Notification) },
    })
    .get('/unread-count', async ({ ctx }) => ({ count: await unreadCount(ctx) }), {
      auth: 'user',
      summary: 'How many I have not read',
      response: { 200: model.Count },
    })
    .post('/mark-read', async ({ ctx, body }) => ({ count: await markRead(ctx, body) }), {
      auth: 'user',
      summary: 'Mark some, or all, as read; answers how many are left',
      body: model.MarkRead,
      response: { 200: model.Count },
      fails: [failures.NOTHING_TO_MARK],
    })
    .delete('/:id', async ({ ctx, params, status }) => status(204, await remove(ctx, params.id)), {
      auth: 'user',
      summary: 'Remove one',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [failures.NOTIFICATION_NOT_FOUND],
    })
    .get(
      '/stream',
      ({ ctx, request }) => eventStream(request, stream(ctx, request.headers.get('last-event-id') ?? undefined)),
      {
        auth: 'user',
        produces: 'text/event-stream',
        summary: 'Notifications as they come (Server-Sent Events); Last-Event-ID brings back what was missed',
        response: { 200: t.Any() },
        fails: [authFailures.TOO_MANY_STREAMS],
      },
    )

export const channelRoutes = (app: App) =>
  router(app, '/notifications')
    .get('/preferences', ({ ctx }) => preferencesOf(ctx.db, ctx.actor.userId), {
      auth: 'user',
      summary: 'What I am told, and how',
      response: { 200: model.Preferences },
    })
    .patch('/preferences', ({ ctx, body }) => changePreferences(ctx, body), {
      auth: 'session',
      summary: 'Choose what I am told, and how; security stays on',
      body: model.PreferencesChange,
      response: { 200: model.Preferences },
      fails: [failures.SECURITY_ALWAYS_ON, failures.NOTHING_TO_CHANGE],
    })
    .get('/push-key', ({ ctx }) => ({ publicKey: pushKey(ctx) }), {
      auth: 'user',
      summary: 'The key that a browser subscribes to push messages with',
      response: { 200: model.PushKey },
    })
    .post('/push-subscriptions', async ({ ctx, body, status }) => status(201, await subscribe(ctx, body)), {
      auth: 'session',
      summary: 'Send push messages to this browser',
      body: model.NewPushSubscription,
      response: { 201: model.PushSubscription },
      fails: [failures.PUSH_ADDRESS_REFUSED, failures.TOO_MANY_PUSH_SUBSCRIPTIONS],
    })
    .delete(
      '/push-subscriptions/:id',
      async ({ ctx, params, status }) => status(204, await unsubscribePush(ctx, params.id)),
      {
        auth: 'session',
        summary: 'Send no more push messages to that browser',
        params: model.ById,
        response: { 204: t.Void() },
        fails: [failures.PUSH_SUBSCRIPTION_NOT_FOUND],
      },
    )
