import { beforeAll, describe, expect, test } from 'bun:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { type TestApp, testApp } from '#tests'

interface Operation {
  operationId: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters: { name?: string; in?: string; $ref?: string; schema?: Record<string, unknown> }[]
  requestBody?: { required: boolean; content: Record<string, { schema: unknown; example?: unknown }> }
  responses: Record<string, { description: string; content?: Record<string, { schema?: { $ref?: string } }> }>
}
interface Document {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
  components: { schemas: Record<string, { properties?: Record<string, { enum?: string[] }> }> }
}

let app: TestApp
const documents: Record<string, Document> = {}
const get = (path: string, headers: Record<string, string> = {}) =>
  app.api.fetch(new Request(`http://localhost:3000${path}`, { headers }), { address: '203.0.113.1' })

beforeAll(async () => {
  app = await testApp({ shared: true })
  for (const version of ['v1', 'v2']) documents[version] = await (await get(`/swagger/json?version=${version}`)).json()
})

const operations = (version: string) =>
  Object.entries(documents[version]?.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )

describe.each(['v1', 'v2'])('the document of %s', (version) => {
  // bar 186
  test('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone({ ...documents[version] }))
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
  })

  // bar 186
  test('has every mounted route of that version and no other', () => {
    const mounted = app.api.policies
      .filter(({ template }) => template.startsWith(`/api/${version}/`))
      .map(({ method, template }) => `${method} ${template.replace(/:(\w+)/g, '{$1}')}`)
    expect(
      operations(version)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(mounted.sort())
  })

  test('gives every operation a name of its own, a tag, a summary and who may call it', () => {
    const ids = operations(version).map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { name, operation } of operations(version)) {
      expect([name, operation.tags.length]).toEqual([name, 1])
      expect([name, Array.isArray(operation.security)]).toEqual([name, true])
    }
  })

  // bar 185
  test('spells out every status, and every refusal as a problem with its codes', () => {
    for (const { name, operation } of operations(version)) {
      const statuses = Object.keys(operation.responses)
      expect([name, statuses.filter((status) => !/^[2-5]\d\d$/.test(status))]).toEqual([name, []])
      expect([name, statuses]).toEqual([name, expect.arrayContaining(['400', '429', '500', '503'])])
      if (operation.security.length > 0) expect([name, statuses]).toEqual([name, expect.arrayContaining(['401'])])
      if (operation.requestBody) expect([name, statuses]).toEqual([name, expect.arrayContaining(['413', '415', '422'])])
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        expect(Object.keys(response.content ?? {})).toEqual(['application/problem+json'])
        const reference = response.content?.['application/problem+json']?.schema?.$ref?.split('/').at(-1) ?? ''
        expect(documents[version]?.components.schemas[reference]?.properties?.code?.enum?.length).toBeGreaterThan(0)
      }
    }
  })

  test('says that a reply without content has none', () => {
    for (const { operation } of operations(version)) expect(operation.responses['204']?.content).toBeUndefined()
  })

  test('takes JSON where a route does, and nothing else', () => {
    for (const { name, operation } of operations(version)) {
      if (!operation.requestBody) continue
      const [[type, media] = ['', undefined], ...more] = Object.entries(operation.requestBody.content)
      expect([name, more.length]).toEqual([name, 0])
      expect(['application/json', 'multipart/form-data', 'application/octet-stream']).toContain(type)
      expect([name, Object.keys(media?.schema ?? {}).length > 0]).toEqual([name, true])
    }
  })

  test('names nothing that only TypeBox or Elysia understands', () => {
    const text = JSON.stringify(documents[version])
    for (const word of [
      '"x-access"',
      '"x-failures"',
      '"x-integer"',
      '"nullable"',
      '"type":"Date"',
      '"type":"void"',
      '"$id"',
      '"format":"integer"',
    ]) {
      expect(text).not.toContain(word)
    }
  })

  test('refers to nothing that is not there', () => {
    const document = documents[version]
    for (const [, path = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = path
        .split('/')
        .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document)
      expect([path, found === undefined]).toEqual([path, false])
    }
  })
})

test('an operation tells what it takes and who may call it', () => {
  const register = documents.v1?.paths['/api/v1/auth/register']?.post
  expect(register?.security).toEqual([])
  expect(register?.tags).toEqual(['auth'])
  expect(register?.requestBody?.required).toBe(true)
  expect(register?.requestBody?.content['application/json']).toMatchObject({
    schema: { type: 'object', required: ['email', 'password', 'name'] },
    example: { email: 'ada@example.com', name: 'Ada Lovelace' },
  })
  expect(Object.keys(register?.responses ?? {})).toEqual([
    '202',
    '400',
    '413',
    '415',
    '422',
    '429',
    '500',
    '503',
    '507',
  ])
  const me = documents.v1?.paths['/api/v1/users/me']?.patch
  expect(me?.security).toEqual([{ bearer: [] }, { cookie: [] }, { apiKey: [] }])
  expect(me?.parameters).toContainEqual({ $ref: '#/components/parameters/IfMatch' })
})

test('a guarded route tells how a credential can be bad', () => {
  const schema =
    documents.v1?.paths['/api/v1/users/me']?.get?.responses['401']?.content?.['application/problem+json']?.schema?.$ref
  expect(schema).toContain('invalid_access_token')
  expect(documents.v1?.paths['/api/v1/auth/register']?.post?.responses['401']).toBeUndefined()
})

test('public events are webhooks with the headers of Standard Webhooks', () => {
  const registered = documents.v1?.webhooks['user.registered']?.post
  expect(registered?.parameters.map(({ name }) => name)).toEqual([
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
  ])
  expect(JSON.stringify(registered?.requestBody)).toContain('"const":"user.registered"')
})

describe('over HTTP', () => {
  test('the document is asked for once: then it is 304', async () => {
    const first = await get('/swagger/json', { 'accept-encoding': 'identity' })
    const etag = first.headers.get('etag') ?? ''
    expect(first.headers.get('content-type')).toBe('application/json')
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    expect(first.headers.get('cache-control')).toBe('public, no-cache')
    const second = await get('/swagger/json', { 'accept-encoding': 'identity', 'if-none-match': etag })
    expect(second.status).toBe(304)
    expect(await second.text()).toBe('')
  })

  test('compressed, it has a tag of its own', async () => {
    const tags = await Promise.all(
      ['identity', 'gzip', 'br', 'zstd'].map(async (coding) =>
        (await get('/swagger/json', { 'accept-encoding': coding })).headers.get('etag'),
      ),
    )
    expect(new Set(tags).size).toBe(4)
    const gzip = await get('/swagger/json', { 'accept-encoding': 'gzip' })
    expect(gzip.headers.get('content-encoding')).toBe('gzip')
    expect(gzip.headers.get('vary')).toContain('Accept-Encoding')
    expect(JSON.parse(Buffer.from(Bun.gunzipSync(await gzip.bytes())).toString()).openapi).toBe('3.1.0')
  })

  test('a version that there is not is 404 with those there are', async () => {
    for (const path of ['/swagger', '/swagger/json']) {
      const response = await get(`${path}?version=v9`)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'unknown_version', versions: ['v1', 'v2'] })
    }
  })

  // bar 152
  test('the page loads everything from our own origin, under a policy that says so', async () => {
    const response = await get('/swagger?version=v2')
    const csp = response.headers.get('content-security-policy') ?? ''
    const markup = await response.text()
    expect(csp).toContain("default-src 'none'")
    expect(csp).toContain("script-src 'self';")
    expect(markup).toContain('data-url="/swagger/json?version=v2"')
    const sources = [...markup.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source)
    expect(sources.length).toBeGreaterThan(4)
    for (const source of sources) {
      expect(source).toStartWith('/swagger')
      expect([source, (await get(source)).status]).toEqual([source, 200])
    }
  })

  test('its files may be kept for good, and are compressed', async () => {
    const markup = await (await get('/swagger')).text()
    const script = /src="([^"]+bundle\.js)"/.exec(markup)?.[1] ?? ''
    const response = await get(script, { 'accept-encoding': 'br' })
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(response.headers.get('content-type')).toStartWith('text/javascript')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  // bar 152
  test('SWAGGER=off removes all of it', async () => {
    const { outside } = await testApp({ env: { SWAGGER: 'off' } })
    for (const path of ['/swagger', '/swagger/json']) expect((await outside.get(path)).status).toBe(404)
  })
})
