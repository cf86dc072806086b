import { toOpenAPISchema } from '@elysiajs/openapi/openapi'
import type { AnyElysia } from 'elysia'
import type { App } from '#core'
import { detailOf, policiesOf, templateOf } from '../policy'
import { isObject, type Json, type JsonObject, plain } from './json'
import { operation, type Route, type Setting } from './operation'
import { credentialRefusals, type Refusal } from './refusals'
import { hoistTitled, jsonSchema, mapValues } from './schema'
import { headers, parameters, problem, securitySchemes } from './shared'
import { webhooksOf } from './webhooks'

/**
 * The OpenAPI 3.1 document of one version, from the routes as they are mounted: the plugin reads their schemas, this
 * mends what it writes and adds who may call a route and all the ways in which it refuses.
 */
export const documentOf = (app: App, api: AnyElysia, version: string): JsonObject => {
  const { config } = app
  const { deprecatedAt, sunsetAt } = datesOf(app, version)
  const routes = routesOf(api)
  const problems = problemSchemas(config.appUrl)
  const setting: Setting = {
    app,
    version,
    deprecated: deprecatedAt !== undefined,
    sunset: sunsetAt !== undefined,
    credential: credentialRefusals(app),
    problemRef: problems.refer,
  }
  const generated = toOpenAPISchema(api)
  const raw = plain(generated.paths)
  const paths = pathsOf(isObject(raw) ? raw : {}, routes, setting)
  const webhooks = webhooksOf(app)
  const hoisted = hoistTitled({ paths, webhooks })
  const named = mapValues(objectOf(plain(generated.components.schemas)), jsonSchema)
  return {
    openapi: '3.1.0',
    info: {
      title: `${config.appName} API ${version}`,
      version: config.version,
      description: `Errors are \`application/problem+json\` (RFC 9457); every \`code\` is listed at ${config.appUrl}/errors. Times are ISO 8601 in UTC, ids UUIDv7.`,
    },
    servers: [{ url: config.appUrl }],
    tags: tagsOf(paths, webhooks),
    ...objectOf(hoisted.document),
    components: {
      schemas: { Problem: problem, ...named, ...hoisted.schemas, ...problems.all() },
      securitySchemes: securitySchemes(config),
      parameters,
      headers,
    },
  }
}

const objectOf = (value: Json): JsonObject => (isObject(value) ? value : {})

const datesOf = (app: App, version: string): { deprecatedAt?: Date; sunsetAt?: Date } => {
  const configured: Readonly<Record<string, { deprecatedAt?: Date; sunsetAt?: Date } | undefined>> = app.config.versions
  return configured[version] ?? {}
}

/** Every mounted route by `METHOD /template`, as the document wants to know it. */
const routesOf = (api: AnyElysia): Map<string, Route> => {
  const policies = new Map(policiesOf(api).all.map((policy) => [`${policy.method} ${policy.template}`, policy]))
  const routes = new Map<string, Route>()
  for (const route of api.routes) {
    const key = `${route.method} ${templateOf(route.path)}`
    const policy = policies.get(key)
    if (!policy) continue
    const { hooks } = route
    const detail = detailOf(route)
    const input = Boolean(hooks.body ?? hooks.query ?? hooks.headers)
    routes.set(key, {
      policy,
      body: hooks.body,
      response: hooks.response,
      input,
      produces: detail['x-produces'],
      declared: detail['x-failures'] ?? [],
    })
  }
  return routes
}

const pathsOf = (raw: JsonObject, routes: ReadonlyMap<string, Route>, setting: Setting): JsonObject => {
  const paths: Record<string, Json> = {}
  for (const [written, item] of Object.entries(raw)) {
    const path = templateOf(written)
    if (!path.startsWith(`/api/${setting.version}/`) || !isObject(item)) continue
    const operations: Record<string, Json> = {}
    for (const [method, one] of Object.entries(item)) {
      const route = routes.get(`${method.toUpperCase()} ${path.replace(/\{([^}]+)\}/g, ':$1')}`)
      if (route && isObject(one)) operations[method] = operation(one, route, setting)
    }
    if (Object.keys(operations).length > 0) paths[path] = { ...objectOf(paths[path] ?? {}), ...operations }
  }
  return paths
}

/** One schema for each set of codes that a status stands for. */
const problemSchemas = (appUrl: string) => {
  const known = new Map<string, JsonObject>()
  const refer = (status: number, refusals: readonly Refusal[]): JsonObject => {
    const codes = refusals.map(({ code }) => code)
    const name = `Problem.${status}.${codes.join('.')}`
    const [first] = refusals
    known.set(name, {
      allOf: [{ $ref: '#/components/schemas/Problem' }],
      properties: { status: { const: status }, code: { enum: codes } },
      examples: first ? [example(appUrl, first)] : [],
    })
    return { $ref: `#/components/schemas/${name}` }
  }
  return { refer, all: () => Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

const example = (appUrl: string, { status, code, message }: Refusal): JsonObject => ({
  type: `${appUrl}/errors#${code}`,
  title: code,
  status,
  detail: message,
  instance: '/api',
  code,
  requestId: 'V1nX4mq0aPzK-00002a',
  ...(status === 422 && code === 'validation_failed'
    ? { errors: [{ path: '/email', message: 'has to be an e-mail address' }] }
    : {}),
})

const tagsOf = (paths: JsonObject, webhooks: JsonObject): JsonObject[] => {
  const names = new Set<string>()
  for (const item of Object.values({ ...paths, ...webhooks })) {
    for (const one of Object.values(objectOf(item))) {
      const tags = objectOf(one).tags
      if (Array.isArray(tags)) for (const tag of tags) names.add(String(tag))
    }
  }
  return [...names].sort().map((name) => ({ name }))
}
