import { unwrapSchema } from '@elysiajs/openapi/openapi'
import { Kind, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { App } from '#core'
import type { Policy } from '../exchange'
import { exampleOf } from './example'
import { isList, isObject, type Json, type JsonObject, plain } from './json'
import { type Refusal, refusalsOf } from './refusals'
import { jsonSchema } from './schema'
import { headersFor } from './shared'

/** What the router left in a route's options, apart from its policy. */
export interface Route {
  policy: Policy
  body: unknown
  response: unknown
  input: boolean
  produces: string | undefined
  declared: readonly Refusal[]
}

/** What is the same for all operations of a document. */
export interface Setting {
  app: App
  version: string
  deprecated: boolean
  sunset: boolean
  credential: readonly Refusal[]
  /** Keeps the schema of a problem with these codes; returns a reference to it. */
  problemRef: (status: number, refusals: readonly Refusal[]) => JsonObject
}

const NO_CONTENT = new Set(['204', '205', '304'])
const SUCCESSES: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Taken; it happens in the background.',
  204: 'Done; there is nothing to say.',
  206: 'The part that was asked for.',
  304: 'Not changed since you read it.',
}

/** An operation as the plugin writes it → as it is: who may call it, what it takes, all that it may answer. */
export const operation = (raw: JsonObject, route: Route, setting: Setting): JsonObject => {
  const { policy } = route
  const params = isList(raw.parameters) ? raw.parameters.map(parameter) : []
  const refusals = refusalsOf(
    { ...route, params: params.some((one) => one.in === 'path'), sunset: setting.sunset },
    setting.credential,
  )
  const description = [raw.description, needs(policy)].filter(Boolean).join('\n\n')
  return {
    operationId: String(raw.operationId).replace(/Api[vV]\d+/, ''),
    ...(raw.summary ? { summary: raw.summary } : {}),
    ...(description ? { description } : {}),
    tags: raw.tags ?? ['other'],
    ...(setting.deprecated ? { deprecated: true } : {}),
    security: security(policy),
    parameters: [...params, ...sharedParameters(policy, refusals)],
    ...(policy.body === 'none' ? {} : { requestBody: requestBody(route) }),
    responses: { ...successes(raw, route, setting), ...problems(refusals, setting) },
  }
}

const parameter = (raw: Json): JsonObject => {
  if (!isObject(raw)) return {}
  const schema = jsonSchema(raw.schema ?? {})
  const example = exampleOf(schema)
  return {
    name: raw.name ?? '',
    in: raw.in ?? 'query',
    required: raw.required ?? false,
    schema,
    ...(raw.in === 'path' && example !== undefined ? { example } : {}),
  }
}

const sharedParameters = ({ method, access, cached }: Policy, refusals: readonly Refusal[]): JsonObject[] => [
  ...(method === 'POST' && access.kind !== 'public' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ...(refusals.some(({ status }) => status === 412) ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
  ...(cached ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []),
]

const security = ({ access }: Policy): JsonObject[] => {
  switch (access.kind) {
    case 'public':
      return []
    case 'session':
      return [{ bearer: [] }, { cookie: [] }]
    case 'user':
      return [{ bearer: [] }, { cookie: [] }, { apiKey: [] }]
  }
}

const needs = ({ access }: Policy): string => {
  if (access.kind === 'public') return ''
  const sentences = [access.kind === 'session' ? 'Needs a session; an API key will not do.' : '']
  if (access.permission) sentences.push(`Needs the permission \`${access.permission}\`.`)
  if (access.verified) sentences.push('Needs a verified e-mail address.')
  if (access.stepUp)
    sentences.push('Needs a password or second factor proved in the last 15 minutes (`POST /auth/step-up`).')
  return sentences.filter(Boolean).join(' ')
}

const MEDIA: Readonly<Record<Policy['body'], string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
  bytes: 'application/octet-stream',
  none: '',
}

/** What a body without a schema is: a stream of bytes. */
const BYTES = { type: 'string', format: 'binary' }

/** From the route itself: the plugin writes none where the app parses bodies with a function of its own. */
const requestBody = ({ policy, body }: Route): JsonObject => ({
  required: !policy.bodyOptional,
  content: { [MEDIA[policy.body]]: media(isSchema(body) ? plain(unwrapSchema(body)) : BYTES, body) },
})

const successes = (raw: JsonObject, { response, produces, policy }: Route, { app }: Setting): JsonObject => {
  const responses = isObject(raw.responses) ? raw.responses : {}
  const limited = app.config.rateLimit.on
  const entries = Object.entries(responses).map(([status, one]): [string, Json] => {
    const described = isObject(one) && typeof one.description === 'string' ? one.description : ''
    const description = described.startsWith('Response for') ? (SUCCESSES[status] ?? described) : described
    const headers = headersFor(Number(status), limited)
    if (NO_CONTENT.has(status)) return [status, { description, headers }]
    if (produces && Number(status) < 300)
      return [
        status,
        { description, headers, content: Object.fromEntries(produces.split(', ').map((type) => [type, {}])) },
      ]
    const schema = firstSchema(one)
    const type =
      isObject(schema) && schema.type === 'string' && policy.method === 'GET' ? 'text/plain' : 'application/json'
    return [status, { description, headers, content: { [type]: media(schema, schemaFor(response, status)) } }]
  })
  if (policy.cached) entries.push(['304', { description: SUCCESSES[304] ?? '', headers: headersFor(304, limited) }])
  return Object.fromEntries(entries)
}

const problems = (refusals: readonly Refusal[], { app, problemRef }: Setting): JsonObject => {
  const byStatus = Map.groupBy(refusals, ({ status }) => status)
  const entries = [...byStatus].map(([status, some]): [string, Json] => [
    String(status),
    {
      description: some.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
      headers: headersFor(status, app.config.rateLimit.on),
      content: { 'application/problem+json': { schema: problemRef(status, some) } },
    },
  ])
  return Object.fromEntries(entries)
}

/** Schema and an example of it, if there is one that the server itself would take. */
const media = (raw: Json, original: unknown): JsonObject => {
  const schema = jsonSchema(raw)
  const example = exampleOf(schema)
  return {
    schema,
    ...(example !== undefined && isSchema(original) && Value.Check(original, example) ? { example } : {}),
  }
}

const firstSchema = (holder: Json | undefined): Json => {
  const content = isObject(holder) && isObject(holder.content) ? Object.values(holder.content)[0] : undefined
  return (isObject(content) ? content.schema : undefined) ?? {}
}

const schemaFor = (response: unknown, status: string): unknown =>
  isSchema(response)
    ? response
    : typeof response === 'object' && response !== null
      ? Object.entries(response).find(([key]) => key === status)?.[1]
      : undefined

const isSchema = (value: unknown): value is TSchema => typeof value === 'object' && value !== null && Kind in value
