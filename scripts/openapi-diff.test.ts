import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { tempFolder, testApp } from '#tests'
import { run } from './lib/run'
import { breaksBetween } from './openapi/breaks'

const user = () => ({
  type: 'object',
  required: ['id', 'name'],
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    age: { type: 'integer' },
    role: { type: 'string', enum: ['a', 'b'] },
  } as Record<string, unknown>,
  additionalProperties: false,
})
interface Operation {
  parameters?: unknown[]
  security?: unknown[]
  requestBody?: unknown
  responses: Record<string, unknown>
}

const json = (schema: unknown) => ({ content: { 'application/json': { schema } } })

const document = () => ({
  components: { schemas: { User: user(), NewUser: user() } },
  paths: {
    '/users': {
      get: {
        parameters: [{ in: 'query', name: 'limit', required: false, schema: { type: 'integer' } }],
        security: [] as unknown[],
        responses: { 200: json({ type: 'array', items: { $ref: '#/components/schemas/User' } }) } as Record<
          string,
          unknown
        >,
      },
      post: {
        requestBody: { required: true, ...json({ $ref: '#/components/schemas/NewUser' }) },
        responses: { 201: json({ $ref: '#/components/schemas/User' }), 409: json({}) } as Record<string, unknown>,
      },
    },
  } as Record<string, Record<string, Operation>>,
})
type Document = ReturnType<typeof document>
const operation = (changed: Document, method: string): Operation => {
  const found = changed.paths['/users']?.[method]
  if (!found) throw new Error(`There is no ${method}`)
  return found
}

const after = (change: (document: Document) => void) => {
  const changed = document()
  change(changed)
  return breaksBetween(document(), changed)
}
const { User, NewUser } = { User: 'User', NewUser: 'NewUser' } as const
const properties = (changed: Document, name: 'User' | 'NewUser') => changed.components.schemas[name].properties

describe('what breaks callers', () => {
  test.each<[string, (changed: Document) => void, string[]]>([
    ['a path that is gone', (d) => delete d.paths['/users'], ['GET /users is gone', 'POST /users is gone']],
    ['an operation that is gone', (d) => delete d.paths['/users']?.post, ['POST /users is gone']],
    [
      'an answer that is gone',
      (d) => delete operation(d, 'post').responses[201],
      ['POST /users: 201 is not answered any more'],
    ],
    [
      'a parameter that is required now',
      (d) => {
        operation(d, 'get').parameters?.push({ in: 'query', name: 'team', required: true })
      },
      ['GET /users: query team is required now'],
    ],
    ['a parameter that is gone', (d) => operation(d, 'get').parameters?.pop(), ['GET /users: query limit is gone']],
    [
      'a property that is required now',
      (d) => void d.components.schemas.NewUser.required.push('age'),
      ['POST /users: body.age is required now'],
    ],
    [
      'a property that is not taken any more',
      (d) => delete properties(d, NewUser).age,
      ['POST /users: body.age is gone'],
    ],
    [
      'a value that is not taken any more',
      (d) => {
        properties(d, NewUser).role = { type: 'string', enum: ['a'] }
      },
      ['POST /users: body.role does not take b any more'],
    ],
    [
      'a property of an answer that is gone, wherever it is answered',
      (d) => delete properties(d, User).age,
      ['GET /users: 200[].age is gone', 'POST /users: 201.age is gone'],
    ],
    [
      'a property of an answer that may be missing now',
      (d) => void d.components.schemas.User.required.pop(),
      ['GET /users: 200[].name may be missing now', 'POST /users: 201.name may be missing now'],
    ],
    [
      'a property of another type',
      (d) => {
        properties(d, User).age = { type: ['integer', 'null'] }
      },
      [
        'GET /users: 200[].age was integer and is integer or null',
        'POST /users: 201.age was integer and is integer or null',
      ],
    ],
    [
      'an operation that asks who you are now',
      (d) => void operation(d, 'get').security?.push({ bearer: [] }),
      ['GET /users is not open to everybody any more'],
    ],
    [
      'another media type',
      (d) => {
        operation(d, 'get').responses[200] = { content: { 'text/csv': {} } }
      },
      ['GET /users: 200: application/json is gone'],
    ],
  ])('%s', (_, change, found) => {
    expect(after(change)).toEqual(found)
  })
})

describe('what does not', () => {
  test.each<[string, (changed: Document) => void]>([
    ['nothing', () => {}],
    ['a new path', (d) => Object.assign(d.paths, { '/teams': {} })],
    ['a property more in an answer', (d) => Object.assign(properties(d, User), { more: { type: 'string' } })],
    ['an optional property more to send', (d) => Object.assign(properties(d, NewUser), { more: { type: 'string' } })],
    ['taking more types', (d) => Object.assign(properties(d, NewUser), { age: { type: ['number', 'null'] } })],
    ['answering fewer types', (d) => Object.assign(properties(d, User), { role: { const: 'a' } })],
    ['a refusal that is not there any more', (d) => delete operation(d, 'post').responses[409]],
  ])('%s', (_, change) => {
    expect(after(change)).toEqual([])
  })
})

test('our own document does not break itself, and does without one of its paths', async () => {
  const { outside } = await testApp()
  const ours = await outside.get('/swagger/json').json()
  expect(breaksBetween(ours, ours)).toEqual([])
  const { '/api/v1/auth/login': _login, ...paths } = ours.paths
  expect(breaksBetween(ours, { ...ours, paths })).toEqual(['POST /api/v1/auth/login is gone'])
})

test('the command ends with 1 for a break, with 0 for none, with 2 for no document', async () => {
  const folder = tempFolder()
  const [whole, empty] = [join(folder.path, 'a.json'), join(folder.path, 'b.json')]
  await Bun.write(whole, JSON.stringify(document()))
  await Bun.write(empty, JSON.stringify({ paths: {} }))
  const codes = await Promise.all(
    [[whole, whole], [whole, empty], [whole]].map(async (paths) => {
      const { code } = await run(['bun', 'scripts/openapi-diff.ts', ...paths])
      return code
    }),
  )
  expect(codes).toEqual([0, 1, 2])
  folder.remove()
})
