import { defineEvent, t } from '#core'

const Id = t.String({ format: 'uuid' })
const key = { userId: Id, apiKeyId: Id, name: t.String() }
type Key = { userId: string; apiKeyId: string; name: string }

const subject = (payload: Key) => ({ type: 'api_key', id: payload.apiKeyId, label: payload.name })
const about = (payload: { userId: string }) => payload.userId

export const apiKeyCreated = defineEvent('api_key.created', {
  payload: t.Object({ ...key, scopes: t.Array(t.String()) }),
  subject,
  about,
  summary: 'made an API key',
  notify: { category: 'security', title: ({ name }) => `The API key ${name} was made` },
  public: true,
})
export const apiKeyRenamed = defineEvent('api_key.renamed', {
  payload: t.Object({ ...key, before: t.String() }),
  subject,
  about,
  summary: 'renamed an API key',
})
export const apiKeyRotated = defineEvent('api_key.rotated', {
  payload: t.Object({ ...key, graceSeconds: t.Integer() }),
  subject,
  about,
  summary: 'gave an API key a new secret',
})
export const apiKeyRevoked = defineEvent('api_key.revoked', {
  payload: t.Object({ ...key, reason: t.String() }),
  subject,
  about,
  summary: 'revoked an API key',
  public: true,
})

export const events = [apiKeyCreated, apiKeyRenamed, apiKeyRotated, apiKeyRevoked]
