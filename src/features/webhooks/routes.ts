import { t } from 'elysia'
import type { App } from '#core'
import { router } from '#http'
import { catalogue } from './catalogue'
import { listDeliveries, recover, retry, test } from './deliveries'
import * as webhooks from './endpoints'
import { failures } from './failures'
import * as model from './models'
import { rotate } from './rotate'
import { view } from './view'

const { WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED } = failures

/** Endpoints: who wants which events, and where. */
export const endpointRoutes = (app: App) =>
  router(app, '/webhooks')
    .get('/event-types', () => eventTypes(app), {
      auth: 'user',
      summary: 'Which events there are',
      response: { 200: model.EventTypes },
    })
    .get('/', ({ ctx, query }) => webhooks.list(ctx, query), {
      auth: 'user',
      paged: true,
      summary: 'My webhooks',
      query: model.ListQuery,
      response: { 200: model.WebhookList },
    })
    .post('/', async ({ ctx, body, status }) => status(201, await webhooks.create(ctx, body)), {
      auth: 'session',
      verified: true,
      tier: 'webhook',
      summary: 'Add a webhook; its secret is shown once',
      body: model.NewWebhook,
      response: { 201: model.WebhookWithSecret },
      fails: [failures.FORBIDDEN, failures.WEBHOOK_LIMIT_REACHED],
    })
    .get('/:id', async ({ ctx, params }) => view(await webhooks.get(ctx, params.id)), {
      auth: 'user',
      summary: 'One of my webhooks',
      params: model.ById,
      response: { 200: model.Webhook },
      fails: [WEBHOOK_NOT_FOUND],
    })
    .patch('/:id', ({ ctx, params, body }) => webhooks.update(ctx, params.id, body), {
      auth: 'session',
      verified: true,
      tier: 'webhook',
      summary: 'Change a webhook, turn it off or on',
      params: model.ById,
      body: model.WebhookChange,
      response: { 200: model.Webhook },
      fails: [WEBHOOK_NOT_FOUND, failures.NOTHING_TO_CHANGE],
    })
    .delete('/:id', async ({ ctx, params, status }) => status(204, await webhooks.remove(ctx, params.id)), {
      auth: 'session',
      summary: 'Delete a webhook',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [WEBHOOK_NOT_FOUND],
    })
    .post('/:id/rotate-secret', ({ ctx, params }) => rotate(ctx, params.id), {
      auth: 'session',
      verified: true,
      tier: 'webhook',
      summary: 'A new secret; the one before signs too for 24 hours',
      params: model.ById,
      response: { 200: model.RotatedWebhook },
      fails: [WEBHOOK_NOT_FOUND],
    })

/** What was sent, and sending it again. */
export const deliveryRoutes = (app: App) =>
  router(app, '/webhooks')
    .post('/:id/test', async ({ ctx, params, status }) => status(202, await test(ctx, params.id)), {
      auth: 'user',
      verified: true,
      tier: 'webhook',
      summary: 'Send a test event',
      params: model.ById,
      response: { 202: model.Delivery },
      fails: [WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED],
    })
    .post(
      '/:id/recover',
      async ({ ctx, params, body, status }) =>
        status(202, { count: await recover(ctx, params.id, new Date(body.since)) }),
      {
        auth: 'user',
        verified: true,
        tier: 'webhook',
        summary: 'Send again what has failed since',
        params: model.ById,
        body: model.Recover,
        response: { 202: model.Recovered },
        fails: [WEBHOOK_NOT_FOUND, WEBHOOK_DISABLED],
      },
    )
    .get('/:id/deliveries', ({ ctx, params, query }) => listDeliveries(ctx, params.id, query), {
      auth: 'user',
      paged: true,
      summary: 'What was sent to a webhook',
      params: model.ById,
      query: model.DeliveryQuery,
      response: { 200: model.DeliveryList },
      fails: [WEBHOOK_NOT_FOUND],
    })
    .post(
      '/:id/deliveries/:deliveryId/retry',
      async ({ ctx, params, status }) => status(202, await retry(ctx, params.id, params.deliveryId)),
      {
        auth: 'user',
        verified: true,
        tier: 'webhook',
        summary: 'Send a delivery again',
        params: model.DeliveryById,
        response: { 202: model.Delivery },
        fails: [WEBHOOK_NOT_FOUND, failures.DELIVERY_NOT_FOUND, WEBHOOK_DISABLED],
      },
    )

const eventTypes = (app: App) => {
  const data = [...catalogue(app).values()].map(({ name, summary, payload }) => ({
    type: name,
    description: `Somebody ${summary}.`,
    // As JSON: what TypeBox keeps beside the schema is for us.
    schema: JSON.parse(JSON.stringify(payload)) as Record<string, unknown>,
  }))
  return { data, meta: { limit: data.length, nextCursor: null } }
}
