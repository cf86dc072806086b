import { t } from 'elysia'
import { pageOf, pageQuery } from '#http'

const time = (options = {}) => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'], ...options })
const Id = t.String({ format: 'uuid' })

const Url = t.String({
  minLength: 1,
  maxLength: 2048,
  error: 'has to be a full URL',
  examples: ['https://hooks.example.com/keel'],
})
const Events = t.Array(
  t.String({
    pattern: '^(\\*|[a-z_]+\\.(\\*|[a-z_]+))$',
    maxLength: 100,
    error: 'has to be an event type, user.*, or *',
  }),
  {
    minItems: 1,
    maxItems: 50,
    uniqueItems: true,
    error: 'has to be a list of 1 to 50 event types',
    examples: [['user.*']],
  },
)
const Description = t.Nullable(
  t.String({
    maxLength: 200,
    pattern: '^[^\\u0000-\\u001f\\u007f]*$',
    error: 'has to be one line of at most 200 characters',
    examples: ['CRM'],
  }),
)
const Scope = t.Union([t.Literal('own'), t.Literal('app')], { error: 'has to be own or app' })
const DisabledReason = t.Union([t.Literal('owner'), t.Literal('gone'), t.Literal('failing')])
const Status = t.Union([t.Literal('pending'), t.Literal('delivered'), t.Literal('failed')], {
  error: 'has to be pending, delivered or failed',
})

export const ById = t.Object({ id: Id })
export const DeliveryById = t.Object({ id: Id, deliveryId: Id })
export const NewWebhook = t.Object({
  url: Url,
  events: Events,
  description: t.Optional(Description),
  scope: t.Optional(Scope),
})
export const WebhookChange = t.Object({
  url: t.Optional(Url),
  events: t.Optional(Events),
  description: t.Optional(Description),
  disabled: t.Optional(t.Boolean({ error: 'has to be true or false' })),
})
export const Recover = t.Object({ since: time({ error: 'has to be a time such as 2026-11-22T10:00:00.000Z' }) })

const webhook = {
  id: Id,
  url: t.String({ examples: ['https://hooks.example.com/keel'] }),
  events: t.Array(t.String(), { examples: [['user.*']] }),
  description: t.Nullable(t.String()),
  scope: Scope,
  disabled: t.Boolean(),
  disabledAt: t.Nullable(time()),
  disabledReason: t.Nullable(DisabledReason),
  failingSince: t.Nullable(time()),
  createdAt: time(),
  updatedAt: time(),
}
const secret = t.String({ examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] })

export const Webhook = t.Object(webhook)
export const WebhookWithSecret = t.Object({ ...webhook, secret })
export const RotatedWebhook = t.Object({ ...webhook, secret, previousSecretExpiresAt: time() })
export const WebhookList = pageOf(Webhook)
export const ListQuery = pageQuery(['createdAt'], {})

export const Delivery = t.Object({
  id: Id,
  eventId: Id,
  eventType: t.String({ examples: ['user.updated'] }),
  status: Status,
  attempts: t.Array(
    t.Object({
      at: time(),
      statusCode: t.Optional(t.Integer()),
      error: t.Optional(t.String({ examples: ['timeout'] })),
      durationMs: t.Integer(),
      responseBody: t.Optional(t.String()),
    }),
  ),
  nextAttemptAt: t.Nullable(time()),
  createdAt: time(),
})
export const DeliveryList = pageOf(Delivery)
export const DeliveryQuery = pageQuery(['createdAt'], {
  status: t.Optional(Status),
  eventType: t.Optional(t.String({ maxLength: 100, error: 'has to be an event type' })),
})
export const Recovered = t.Object({ count: t.Integer() })

export const EventTypes = pageOf(
  t.Object({
    type: t.String({ examples: ['user.updated'] }),
    description: t.String(),
    /** JSON Schema of `data`. */
    schema: t.Record(t.String(), t.Unknown()),
  }),
)
