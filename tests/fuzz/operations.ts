import type { Policy } from '../../src/http/exchange'
import type { Client, Json, Person, Reply, TestApp } from '../support'

/** One operation of the API as its document and its policy tell it. */
export interface Operation {
  /** `POST /webhooks/:id/test`. */
  name: string
  method: string
  /** Relative to `/api/v1`, with parameters as `:id`. */
  template: string
  access: Policy['access']
  permission: string | undefined
  body: Policy['body']
  /** A body that the document says is good. */
  example: Json
  /** Names of the body's members. */
  fields: string[]
  /** Those that cannot be left out. */
  required: string[]
  /** Never ends by itself. */
  streams: boolean
}

const BASE = '/api/v1'

/** Every operation of v1, from the OpenAPI document; throws if document and routes do not tell of the same ones. */
export const operationsOf = async ({ api, outside }: Pick<TestApp, 'api' | 'outside'>): Promise<Operation[]> => {
  const document = await outside.get('/swagger/json').json()
  const policies = new Map(api.policies.map((policy) => [`${policy.method} ${policy.template}`, policy]))
  const found: Operation[] = []
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    for (const [verb, operation] of Object.entries<Json>(item)) {
      const template = path.replace(/\{(\w+)\}/g, ':$1')
      const method = verb.toUpperCase()
      const policy = policies.get(`${method} ${template}`)
      if (!policy) throw new Error(`${method} ${template} is documented and not mounted`)
      const { access } = policy
      if ((access.kind === 'public') !== (operation.security.length === 0))
        throw new Error(`${method} ${template} is not documented as public as it is`)
      const content = operation.requestBody?.content?.['application/json']
      const relative = template.slice(BASE.length)
      found.push({
        name: `${method} ${relative}`,
        method,
        template: relative,
        access,
        permission: access.kind === 'public' ? undefined : access.permission,
        body: policy.body,
        example: content?.example ?? (content ? {} : undefined),
        fields: Object.keys(content?.schema?.properties ?? {}),
        required: content?.schema?.required ?? [],
        streams: Object.values<Json>(operation.responses).some((one) => one.content?.['text/event-stream']),
      })
    }
  }
  const mounted = api.policies.filter(({ template }) => template.startsWith(`${BASE}/`))
  if (mounted.length !== found.length)
    throw new Error(`${mounted.length} operations are mounted, ${found.length} documented`)
  return found
}

export const parametersOf = ({ template }: Operation) => [...template.matchAll(/:(\w+)/g)].map(([, name = '']) => name)

/** The path with its parameters filled in, in order. */
export const fill = ({ template }: Operation, values: readonly string[]) => {
  let i = 0
  return template.replace(/:\w+/g, () => values[i++] ?? crypto.randomUUID())
}

/** Sends what the document gives as an example, or nothing. */
export const call = (
  client: Client,
  operation: Operation,
  values: readonly string[] = [],
  body: Json = operation.example,
): Promise<Reply> =>
  client.send(operation.method, fill(operation, values), operation.method === 'GET' ? undefined : body)

/** The smallest picture there is. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/**
 * Has somebody make one of everything that they may make, by the examples of the document, and tells the ids of what
 * they own: by the path of the collection, such as `/webhooks`.
 */
export const possess = async (house: TestApp, owner: Person, operations: readonly Operation[]) => {
  const owned = new Map<string, string[]>()
  const add = (collection: string, ids: unknown[]) =>
    owned.set(collection, [...(owned.get(collection) ?? []), ...ids.filter((id) => typeof id === 'string')])
  const mine = (operation: Operation) =>
    operation.access.kind !== 'public' && !operation.permission && !operation.streams

  for (const operation of operations) {
    const { method, template } = operation
    if (method !== 'POST' || template.includes(':') || template.startsWith('/auth/') || template.startsWith('/users/'))
      continue
    if (!mine(operation)) continue
    const form = new FormData()
    form.set('file', new File([new Uint8Array(PNG)], 'dot.png', { type: 'image/png' }))
    const reply = await make(owner, operation, operation.body === 'multipart' ? form : operation.example)
    if (reply.status < 300) add(template, [reply.text && reply.json().id])
  }
  // Something to be told about, and what is made from what they have: a test delivery.
  const { password } = owner
  await owner.post('/auth/change-password', { currentPassword: password, newPassword: password })
  for (const operation of operations.filter(
    ({ method, template }) => method === 'POST' && template.endsWith('/:id/test'),
  ))
    await call(
      owner,
      operation,
      valuesOf(operation, owned, '').filter((value) => value !== undefined),
    )
  await house.runJobs()
  const lists = operations.filter((operation) => operation.method === 'GET' && mine(operation))
  // The shallow ones first: what they tell leads to the deeper ones.
  for (const list of lists.toSorted((a, b) => parametersOf(a).length - parametersOf(b).length)) {
    const values = valuesOf(list, owned, '')
    if (values.some((value) => value === undefined)) continue
    const reply = await call(
      owner,
      list,
      values.filter((value) => value !== undefined),
    )
    const rows =
      reply.status === 200 && reply.headers.get('content-type')?.includes('json') ? reply.json().data : undefined
    if (Array.isArray(rows))
      add(
        list.template,
        rows.map((row) => row.id),
      )
  }
  return owned
}

/** If the example asks for more than this person may have: with what cannot be left out, and nothing in its lists. */
const make = async (owner: Client, operation: Operation, body: Json): Promise<Reply> => {
  const reply = await call(owner, operation, [], body)
  if (reply.status < 400 || body instanceof FormData) return reply
  const modest = operation.required.map((name) => [name, Array.isArray(body[name]) ? [] : body[name]])
  return await call(owner, operation, [], Object.fromEntries(modest))
}

/** Whose ids fit an operation's parameters, one for each; nothing where none is known. */
export const valuesOf = (
  operation: Operation,
  owned: ReadonlyMap<string, string[]>,
  ownerId: string,
): (string | undefined)[] => {
  const segments = operation.template.split('/')
  return segments.flatMap((segment, i) => {
    if (!segment.startsWith(':')) return []
    const collection = segments.slice(0, i).join('/')
    if (segment === ':userId' || collection === '/users') return [ownerId || undefined]
    return [owned.get(collection)?.[0]]
  })
}
