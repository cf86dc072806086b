import { defineEvent, t } from '#core'

const Id = t.String({ format: 'uuid' })
/** Only the host of a URL is told: the rest of it may be a secret. */
const endpoint = { userId: Id, webhookId: Id, host: t.String() }

const about = (payload: { userId: string }) => payload.userId
const subject = (payload: { webhookId: string; host: string }) => ({
  type: 'webhook',
  id: payload.webhookId,
  label: payload.host,
})

export const webhookCreated = defineEvent('webhook.created', {
  payload: t.Object({ ...endpoint, scope: t.String(), events: t.Array(t.String()) }),
  subject,
  about,
  summary: 'added a webhook',
})
export const webhookUpdated = defineEvent('webhook.updated', {
  payload: t.Object({ ...endpoint, changed: t.Array(t.String()), events: t.Array(t.String()) }),
  subject,
  about,
  summary: 'changed a webhook',
})
export const webhookDeleted = defineEvent('webhook.deleted', {
  payload: t.Object(endpoint),
  subject,
  about,
  summary: 'deleted a webhook',
})
export const webhookSecretRotated = defineEvent('webhook.secret_rotated', {
  payload: t.Object({ ...endpoint, previousUntil: t.String() }),
  subject,
  about,
  summary: 'gave a webhook a new secret',
})
export const webhookDisabled = defineEvent('webhook.disabled', {
  payload: t.Object({ ...endpoint, reason: t.String() }),
  subject,
  about,
  summary: 'turned off a webhook',
})
export const webhookRetried = defineEvent('webhook.delivery_retried', {
  payload: t.Object({ ...endpoint, deliveryId: Id }),
  subject,
  about,
  summary: 'sent a webhook delivery again',
})
export const webhookRecovered = defineEvent('webhook.recovered', {
  payload: t.Object({ ...endpoint, since: t.String(), count: t.Integer() }),
  subject,
  about,
  summary: 'sent failed webhook deliveries again',
})
export const webhookTested = defineEvent('webhook.test', {
  payload: t.Object({ userId: Id, webhookId: Id }),
  subject: ({ webhookId }) => ({ type: 'webhook', id: webhookId }),
  about,
  summary: 'sent a test to a webhook',
  public: true,
})

export const events = [
  webhookCreated,
  webhookUpdated,
  webhookDeleted,
  webhookSecretRotated,
  webhookDisabled,
  webhookRetried,
  webhookRecovered,
  webhookTested,
]
