import { beforeAll, describe, expect, test } from 'bun:test'
import { addPeople, type Json, rows, type TestApp, testApp } from '#tests'
import { call, fill, type Operation, operationsOf, parametersOf } from '../fuzz/operations'

// Bodies, queries and paths that nobody sends by accident, at every operation that takes such a thing.

let house: TestApp
let operations: Operation[]

beforeAll(async () => {
  house = await testApp({ shared: true, env: { RATE_LIMIT: 'off' } })
  operations = await operationsOf(house)
  await addPeople(house, 50)
}, 30_000)

const json = { headers: { 'content-type': 'application/json' } }
const taking = (body: string) => operations.filter((operation) => operation.body === body)

/** What went wrong, a line each. */
const faultsIn = async (some: readonly Operation[], fault: (operation: Operation) => Promise<string | undefined>) => {
  const faults: string[] = []
  for (const operation of some) {
    const found = await fault(operation)
    if (found) faults.push(`${operation.name}: ${found}`)
  }
  return faults
}

describe('a body', () => {
  // bar 119
  test.each(['{', '{"a":}', 'null trailing', '[1,', '\u0000', '{"a":"\n"}', "{'a':1}", 'undefined', '{"a":NaN}'])(
    'that is broken JSON is refused as such at every operation: %j',
    async (text) => {
      const { admin } = house.as
      const faults = await faultsIn(taking('json'), async ({ method, ...operation }) => {
        const reply = await admin.send(method, fill({ method, ...operation }, []), text, json)
        return reply.status === 400 && reply.json().code === 'malformed_request' ? undefined : `${reply.status}`
      })
      expect(faults).toEqual([])
    },
  )

  // bar 119
  test('that is empty is refused wherever one is needed', async () => {
    const needing = taking('json').filter(({ required }) => required.length > 0)
    expect(needing.length).toBeGreaterThan(8)
    const faults = await faultsIn(needing, async (operation) => {
      for (const empty of ['', undefined]) {
        const reply = await house.as.admin.send(operation.method, fill(operation, []), empty, json)
        if (reply.status !== 400) return `${reply.status} ${reply.text.slice(0, 100)}`
      }
    })
    expect(faults).toEqual([])
  })

  // bar 122
  test('of JSON nested 200,000 deep is answered within a second, and so is the next request', async () => {
    const { ada } = house.as
    await ada.get('/users/me')
    const deep = { list: ['[', ']'], object: ['{"a":', '}'] }
    for (const [open = '', close = ''] of Object.values(deep)) {
      for (const wrap of [(text: string) => text, (text: string) => `{"name":${text}}`]) {
        const since = performance.now()
        const text = wrap(`${open.repeat(150_000)}1${close.repeat(150_000)}`)
        const reply = await ada.patch('/users/me', text, json)
        expect(reply.status).toBeGreaterThanOrEqual(400)
        expect(reply.status).toBeLessThan(500)
        expect(performance.now() - since).toBeLessThan(1000)
      }
    }
    expect((await ada.patch('/users/me', '['.repeat(200_000), json)).status).toBe(400)
    expect((await ada.get('/users/me')).status).toBe(200)
  })

  // bar 124
  test.each([
    ['a lone high surrogate', '{"name":"a\\ud800b"}'],
    ['a lone low surrogate', '{"name":"\\udc00"}'],
    ['a NUL', '{"name":"a\\u0000b"}'],
    ['the same key twice', '{"name":"First","name":"Second"}'],
    ['an integer of a million digits', `{"name":"Ada","x":${'9'.repeat(1_000_000)}}`],
    ['a number beyond all numbers', '{"name":1e400}'],
    ['minus zero', '{"name":-0}'],
    ['nothing but spaces', '{"name":"   "}'],
    ['a right-to-left override', '{"name":"\\u202eadA"}'],
  ])('with %s is refused, or kept as it is', async (_, text) => {
    const { ada } = house.as
    const reply = await ada.patch('/users/me', text, json)
    expect([200, 400, 422]).toContain(reply.status)
    const { name } = await ada.get('/users/me').json()
    if (reply.status === 200) expect([reply.json().name, name]).toEqual([JSON.parse(text).name, JSON.parse(text).name])
    else expect(reply).toRefuse(reply.status, reply.json().code)
  })

  // bar 124
  test('that is not UTF-8 is refused or read with replacements, at the door and in a form', async () => {
    const bytes = new Uint8Array(
      Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('"}')]),
    )
    expect([200, 400, 422]).toContain((await house.as.ada.patch('/users/me', bytes, json)).status)
    const utf16 = new Uint8Array(Buffer.from('{"name":"Ada"}', 'utf16le'))
    expect((await house.as.ada.patch('/users/me', utf16, json)).status).toBe(400)
  })

  // <exports>
  // bar 121, 186
  test.each(['null', 'true', '0', '""', '[]', '[{}]'])(
    'that is no object is refused where all of it may be left out: %s',
    async (text) => {
      const { ada, admin } = house.as
      expect(await ada.post('/export/me', text, json)).toRefuse(422, 'validation_failed')
      const reply = await admin.post('/export/users', `{"format":"csv","filter":${text}}`, json)
      expect(reply).toRefuse(422, 'validation_failed')
      expect(reply.json().errors).toEqual([{ path: '/filter', message: 'has to be an object' }])
    },
  )
  // </exports>

  // bar 43
  test('with text in the place of a number or a switch is refused wherever there is one, and the field is named', async () => {
    let tried = 0
    const faults = await faultsIn(taking('json'), async (operation) => {
      for (const path of unquoted(operation.example)) {
        tried++
        const body = quoted(operation.example, path)
        const reply = await house.as.admin.send(operation.method, fill(operation, []), body)
        const named = reply.json()?.errors?.map((error: Json) => error.path)
        if (reply.status !== 422 || !named?.includes(path)) return `${path}: ${reply.status} ${named}`
      }
    })
    expect(faults).toEqual([])
    expect(tried).toBeGreaterThan(0)
  })

  // bar 43
  test('has numbers inside records, lists and what may be null as well', async () => {
    // <admin>
    const limit = { limit: '30', window: 60 }
    for (const [body, path] of [
      [{ tiers: { login: limit } }, '/tiers/login/limit'],
      [{ general: limit }, '/general/limit'],
    ] as const) {
      const reply = await house.as.admin.patch('/admin/settings/rate-limits', body)
      expect(reply).toRefuse(422, 'validation_failed')
      expect(reply.json().errors).toMatchObject([{ path }])
    }
    // </admin>
    // <api-keys>
    const key = { name: 'ci', scopes: [], rateLimit: { limit: 60, window: '60' } }
    expect(await house.as.ada.post('/api-keys', key)).toRefuse(422, 'validation_failed')
    // </api-keys>
    expect((await house.as.ada.get('/users/me')).status).toBe(200)
  })

  // bar 135
  test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'GZIP'])(
    'in %s is refused before it is unpacked',
    async (coding) => {
      const bomb = new Uint8Array(Bun.gzipSync(new Uint8Array(8 * 1024 * 1024)))
      const headers = { ...json.headers, 'content-encoding': coding }
      for (const path of ['/auth/login', '/auth/register'])
        expect(await house.anon.post(path, bomb, { headers })).toRefuse(415, 'unsupported_media_type')
      expect(await house.as.ada.patch('/users/me', bomb, { headers })).toRefuse(415, 'unsupported_media_type')
      // <files>
      const multipart = { 'content-type': 'multipart/form-data; boundary=x', 'content-encoding': coding }
      expect(await house.as.ada.post('/upload', bomb, { headers: multipart })).toRefuse(415, 'unsupported_media_type')
      // </files>
    },
  )
})

/** Pointers to what of an example JSON writes without quotes. */
const unquoted = (example: Json, path = ''): string[] => {
  if (typeof example === 'number' || typeof example === 'boolean') return [path]
  if (typeof example !== 'object' || example === null) return []
  return Object.entries<Json>(example).flatMap(([name, member]) => unquoted(member, `${path}/${name}`))
}

/** The same with that in quotes. */
const quoted = (example: Json, path: string): Json => {
  const [, name = '', ...rest] = path.split('/')
  if (path === '') return String(example)
  const member = quoted(example[name], rest.map((one) => `/${one}`).join(''))
  return Array.isArray(example) ? example.with(Number(name), member) : { ...example, [name]: member }
}

/** Names of the query parameters of every reading operation. */
const queries = async (): Promise<{ path: string; name: string }[]> => {
  const { paths } = await house.outside.get('/swagger/json').json()
  return Object.entries<Json>(paths).flatMap(([path, item]) =>
    (item.get?.parameters ?? [])
      .filter((one: Json) => one.in === 'query')
      .map((one: Json) => ({
        path: path.slice('/api/v1'.length).replace(/\{\w+\}/g, () => '01890000-0000-7000-8000-000000000000'),
        name: one.name,
      })),
  )
}

describe('a query', () => {
  const HOSTILE = [
    "' OR 1=1 --",
    "'; DROP TABLE users; --",
    '1 UNION SELECT password_hash FROM users',
    'createdAt; DELETE FROM users',
    '-createdAt,(SELECT 1)',
    '"',
    'a" OR b*',
    '* NOT AND (',
    'name:x NEAR(a b, 99999)',
    '^"{}[]:~',
    '%_\\',
    '\u0000',
    '\ufffd\u202e\u{1f9ff}',
    '-1',
    '1e400',
    '9'.repeat(400),
    Buffer.from('{"v":[1,"\' OR 1=1"]}').toString('base64url'),
  ]

  // bar 125
  test('with SQL or FTS5 in any parameter is answered or refused; no row changes', async () => {
    const { admin } = house.as
    await admin.get('/users/me')
    const count = () => rows(house.config, 'SELECT count(*) AS n FROM users')[0].n
    const before = count()
    const parameters = (await queries()).filter(({ path }) => !path.includes('/stream'))
    expect(parameters.length).toBeGreaterThan(10)
    const faults: string[] = []
    for (const { path, name } of parameters) {
      for (const value of HOSTILE) {
        const reply = await admin.get(path, {
          query: { [name]: value, ...(path === '/users/search' && name !== 'q' && { q: 'a' }) },
        })
        if (![200, 400, 404, 422, name === 'signature' ? 403 : 0].includes(reply.status))
          faults.push(`${path}?${name}=${value}: ${reply.status}`)
        else if (reply.status === 422 && value.length > 5 && reply.text.includes(value))
          faults.push(`${path}?${name} echoes ${value}`)
      }
    }
    expect(faults).toEqual([])
    expect(count()).toBe(before)
  }, 30_000)

  // bar 126
  test.each([
    '%'.repeat(1000),
    '_'.repeat(1000),
    'a'.repeat(7000),
    'a '.repeat(2500),
    '*'.repeat(1000),
    '"'.repeat(1000),
    `${'a%20'.repeat(500)}`,
  ])('that is long costs nobody time: search %#', async (q) => {
    const { admin } = house.as
    await admin.get('/users/search', { query: { q: 'ada' } })
    const since = performance.now()
    const reply = await admin.get('/users/search', { query: { q } })
    expect([200, 422]).toContain(reply.status)
    expect(performance.now() - since).toBeLessThan(200)
  })

  // bar 134
  test('that names a parameter twice is refused at every list', async () => {
    const lists = new Set((await queries()).filter(({ name }) => name === 'limit').map(({ path }) => path))
    expect(lists.size).toBeGreaterThan(1)
    const faults: string[] = []
    for (const path of lists) {
      for (const twice of [
        'limit=1&limit=9999',
        'limit=9999&limit=1',
        'limit=1&limit=1',
        'limit[]=1',
        'limit=1,9999',
      ]) {
        const { status, text } = await house.as.admin.get(`${path}?${twice}`)
        if (status !== 422 && status !== 404) faults.push(`${path}?${twice}: ${status} ${text.slice(0, 100)}`)
      }
    }
    expect(faults).toEqual([])
  })

  // bar 133
  test.each(['limit=%zz', 'limit=%', '%zz=1', 'limit=%00', 'limit=%ff', '%ff%fe=1', '=', '&&&', 'limit'])(
    'that cannot be decoded is refused or read as text: %s',
    async (query) => {
      expect([200, 400, 422]).toContain((await house.as.admin.get(`/users?${query}`)).status)
    },
  )
})

describe('a path', () => {
  const CROOKED = [
    '..%2f..%2f..%2fetc%2fpasswd',
    '..%5c..%5cwindows',
    '%2e%2e%2f',
    '%00',
    'a%00.png',
    '%zz',
    '%',
    '%ff',
    '%c0%ae',
    '%25252e',
    '~root',
    "'%20OR%201=1",
    '%0d%0aX:%20y',
    'x'.repeat(3000),
  ]

  // bar 133
  test('parameter that leaves the path is a 404 or 422 everywhere; nothing is found under it', async () => {
    const { admin } = house.as
    const withIds = operations.filter((operation) => parametersOf(operation).length > 0)
    expect(withIds.length).toBeGreaterThan(3)
    const faults = await faultsIn(withIds, async (operation) => {
      for (const value of CROOKED) {
        const values = parametersOf(operation).map(() => value)
        const reply = await call(admin, operation, values)
        // Some bodies are examples that are refused first.
        const expected = [404, 422, ...(operation.body === 'none' ? [] : [400])]
        if (!expected.includes(reply.status)) return `${value.slice(0, 30)} ${reply.status} ${reply.text.slice(0, 120)}`
        if (reply.headers.has('x')) return `${value} became a header`
      }
    })
    expect(faults).toEqual([])
  }, 30_000)

  // bar 249
  test.each([
    '/.env',
    '/.git/config',
    '/.git/HEAD',
    '/package.json',
    '/src/main.ts',
    '/data/',
    '/data/keel.db',
    '/drizzle/',
    '/node_modules/',
    '/uploads/',
    '/backups/',
    '/admin/../.env',
    '/admin/%2e%2e/%2e%2e/package.json',
    '/swagger/..%2f..%2fpackage.json',
    '/%2e%65nv',
    '/.well-known/../.env',
    '//etc/passwd',
    '/server-status',
    '/.DS_Store',
    '/id_rsa',
    '/wp-login.php',
    '/api/',
    '/api/v1/',
  ])('%s is not there', async (path) => {
    const reply = await house.outside.get(path)
    expect(reply.status).toBe(404)
    expect(reply.headers.get('content-type')).toMatch(/^(application\/problem\+json|text\/html)/)
  })
})
