import type { Delivery, Webhook } from './schema'

/** The host of an endpoint: what may be told of its URL, which may hold secrets. */
export const hostOf = ({ url }: Pick<Webhook, 'url'>) => new URL(url).host

/** An endpoint as the API shows it: never with a secret. */
export const view = (webhook: Webhook) => ({
  id: webhook.id,
  url: webhook.url,
  events: webhook.events,
  description: webhook.description,
  scope: webhook.scope,
  disabled: webhook.disabledAt !== null,
  disabledAt: webhook.disabledAt?.toISOString() ?? null,
  disabledReason: webhook.disabledReason,
  failingSince: webhook.failingSince?.toISOString() ?? null,
  createdAt: webhook.createdAt.toISOString(),
  updatedAt: webhook.updatedAt.toISOString(),
})

/** A delivery as the API shows it. */
export const deliveryView = (delivery: Delivery) => ({
  id: delivery.id,
  eventId: delivery.eventId,
  eventType: delivery.eventType,
  status: delivery.status,
  attempts: delivery.attempts,
  nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
  createdAt: delivery.createdAt.toISOString(),
})
