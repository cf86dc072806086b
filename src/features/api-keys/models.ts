import { t } from 'elysia'
import { pageQuery } from '#http'

const time = () => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'] })

const Name = t.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$',
  error: 'has to be one line of 1 to 100 characters',
  examples: ['Nightly import'],
})
const Scope = t.String({
  maxLength: 100,
  pattern: '^(\\*|[a-z][a-z0-9-]*:(\\*|[a-z][a-z0-9-]*))$',
  error: 'has to be a permission such as users:read',
  examples: ['users:read'],
})
const RateLimit = t.Object({
  limit: t.Integer({ minimum: 1, maximum: 1_000_000, error: 'has to be a whole number from 1 to 1000000' }),
  window: t.Integer({ minimum: 1, maximum: 86_400, error: 'has to be seconds, from 1 to 86400' }),
})
const Expiry = t.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})$',
  maxLength: 40,
  error: 'has to be a time such as 2027-01-31T00:00:00Z',
  examples: ['2027-01-31T00:00:00Z'],
})
const Address = t.String({
  maxLength: 64,
  error: 'has to be an IP address or a CIDR range',
  examples: ['203.0.113.0/24'],
})

export const ById = t.Object({ id: t.String({ format: 'uuid' }) })
export const ByPersonAndKey = t.Object({ id: t.String({ format: 'uuid' }), keyId: t.String({ format: 'uuid' }) })
export const KeyQuery = pageQuery(['createdAt', 'name'], {})

export const NewKey = t.Object({
  name: Name,
  scopes: t.Array(Scope, {
    maxItems: 100,
    description: 'Permissions that you hold. Without any, the key does what needs no permission, in your name.',
  }),
  expiresAt: t.Optional(Expiry),
  rateLimit: t.Optional(RateLimit),
  allowedIps: t.Optional(
    t.Array(Address, { minItems: 1, maxItems: 50, error: 'has to be 1 to 50 addresses or ranges' }),
  ),
})
export const Rename = t.Object({ name: Name })
export const Rotate = t.Object({
  graceSeconds: t.Optional(
    t.Integer({ minimum: 0, maximum: 86_400, default: 0, error: 'has to be seconds, from 0 to 86400' }),
  ),
})

const fields = {
  id: t.String({ format: 'uuid' }),
  name: t.String(),
  prefix: t.String({ examples: ['sk_7Kd2'] }),
  last4: t.String({ examples: ['x9Qa'] }),
  scopes: t.Array(t.String()),
  rateLimit: t.Nullable(t.Object({ limit: t.Integer(), window: t.Integer() })),
  allowedIps: t.Nullable(t.Array(t.String())),
  expiresAt: t.Nullable(time()),
  previousValidUntil: t.Nullable(time()),
  lastUsedAt: t.Nullable(time()),
  createdAt: time(),
}
export const ApiKey = t.Object(fields)
export const ApiKeyWithSecret = t.Object({
  ...fields,
  secret: t.String({ description: 'Shown once.', examples: ['sk_7Kd2…'] }),
})
export const Usage = t.Object({
  data: t.Array(t.Object({ day: t.String({ examples: ['2026-11-22'] }), requests: t.Integer() })),
})
