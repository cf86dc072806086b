import type { Config } from '../../config'
import type { JsonObject } from './json'

const ref = (kind: string, name: string): JsonObject => ({ $ref: `#/components/${kind}/${name}` })
const text = (description: string, example: string): JsonObject => ({
  description,
  schema: { type: 'string' },
  example,
})

/** Headers of replies, described once. */
export const headers: JsonObject = {
  RequestId: text('Id of this request; quote it to the operators.', 'V1nX4mq0aPzK-00002a'),
  RateLimit: text('What is left, by limit (draft-ietf-httpapi-ratelimit-headers).', '"general";r=299;t=60'),
  RateLimitPolicy: text('The limits that apply.', '"general";q=300;w=60'),
  RetryAfter: {
    description: 'Seconds until it is worth trying again.',
    schema: { type: 'integer', minimum: 1 },
    example: 17,
  },
  WWWAuthenticate: text('How to authenticate.', 'Bearer realm="Keel"'),
}

/** The headers that a reply with this status carries. */
export const headersFor = (status: number, limited: boolean): JsonObject => ({
  'X-Request-Id': ref('headers', 'RequestId'),
  ...(limited ? { RateLimit: ref('headers', 'RateLimit'), 'RateLimit-Policy': ref('headers', 'RateLimitPolicy') } : {}),
  ...(status === 401 ? { 'WWW-Authenticate': ref('headers', 'WWWAuthenticate') } : {}),
  ...(status === 429 || status === 503 ? { 'Retry-After': ref('headers', 'RetryAfter') } : {}),
})

export const parameters: JsonObject = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Makes a retry safe: the same key and body get the first reply again, for 24 hours.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
    example: '3f0c2e9a-order-17',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The ETag of what you read: refused with 412 if it has changed since.',
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of what you have: answered with 304 if it is still that.',
    schema: { type: 'string' },
  },
}

export const securitySchemes = (config: Config): JsonObject => ({
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access token of a session.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key, `sk_…`.' },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: config.production ? '__Host-access' : 'access',
    description: 'Set by routes that open a session with `?transport=cookie`. Unsafe methods need an allowed `Origin`.',
  },
})

/** RFC 9457, with our members. */
export const problem: JsonObject = {
  type: 'object',
  description: 'What went wrong, as RFC 9457 has it. `errors` names fields, never values.',
  required: ['type', 'title', 'status', 'instance', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', pattern: '^[a-z0-9_]+$' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string', examples: ['/email'] }, message: { type: 'string' } },
      },
    },
  },
}
