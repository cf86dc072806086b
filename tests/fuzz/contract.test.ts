import { beforeAll, expect, test } from 'bun:test'
import fc, { type Arbitrary } from 'fast-check'
import { addPeople, type Client, type Json, type Reply, type TestApp, testApp } from '#tests'
import { broken, fitting, junkText } from './arbitraries'
import { contractOf } from './contract'
import { type Operation, operationsOf, parametersOf, possess, valuesOf } from './operations'

// Every operation of the OpenAPI document with what it allows and what it does not, from strangers, people and admins.
// `FUZZ_RUNS=200000 FUZZ_SEED=1 bun test tests/fuzz/contract.test.ts` for a long night.

const RUNS = Number(process.env.FUZZ_RUNS ?? 1500)
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
/** Milliseconds for so many requests and their shrinking. */
const PATIENCE = 60_000 + RUNS * 20

/** They end what the other requests need: like streams, which never end, only strangers call them, and are refused. */
const STRANGERS_ONLY = /\/auth\/logout(-all)?$|^POST \/admin\/(restore|backup)$/

let house: TestApp
let operations: Operation[]
let contract: ReturnType<typeof contractOf>
let document: Json
let owned: Map<string, string[]>
let somebody: string

beforeAll(async () => {
  house = await testApp({ shared: true, env: { RATE_LIMIT: 'off' }, outbound: { resolve: async () => [] } })
  document = await house.outside.get('/swagger/json').json()
  contract = contractOf(document)
  operations = await operationsOf(house)
  owned = await possess(house, house.as.ada, operations)
  // Nobody ends the session that everybody needs.
  owned.delete('/auth/sessions')
  const [first = ''] = await addPeople(house, 3)
  somebody = first
  await house.as.admin.user()
}, PATIENCE)

interface Sent {
  who: 'stranger' | 'person' | 'admin'
  values: string[]
  query: Record<string, string | undefined>
  body: Json
}

const placeOf = ({ template, method }: Operation) => ({
  path: `/api/v1${template.replace(/:(\w+)/g, '{$1}')}`,
  verb: method.toLowerCase(),
})

const parametersIn = (operation: Operation): { index: number; name: string; schema: Json }[] => {
  const { path, verb } = placeOf(operation)
  return document.paths[path][verb].parameters.flatMap(({ in: where, name, schema }: Json, index: number) =>
    where === 'query' ? [{ index, name, schema }] : [],
  )
}

const requestTo = (operation: Operation): Arbitrary<Sent> => {
  const { path, verb } = placeOf(operation)
  const known = valuesOf(operation, owned, somebody)
  const values = parametersOf(operation).map((_, i) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(known[i] ?? crypto.randomUUID()) }, fc.uuid({ version: 7 }), junkText),
  )
  const query = parametersIn(operation).map(({ name, schema }) => [
    name,
    fc.oneof({ weight: 3, arbitrary: fitting(schema, contract.find).map(String) }, junkText),
  ])
  return fc.record({
    who:
      operation.streams || STRANGERS_ONLY.test(operation.name)
        ? fc.constant('stranger' as const)
        : fc.constantFrom('stranger' as const, 'person' as const, 'admin' as const, 'admin' as const),
    values: fc.tuple(...values),
    query: fc.record(Object.fromEntries(query), { requiredKeys: [] }),
    body: bodyFor(operation, document.paths[path][verb].requestBody?.content?.['application/json']?.schema),
  })
}

const bodyFor = ({ body, fields, example }: Operation, schema: Json): Arbitrary<Json> => {
  if (body === 'json') {
    const good = fitting(schema, contract.find)
    return fc.oneof(fc.constant(example), good, broken(good, fields))
  }
  if (body === 'multipart')
    return fc.constantFrom('--x\r\n', '', '--x--\r\n', '--x\r\ncontent-disposition: form-data\r\n\r\n1\r\n--x--')
  return body === 'bytes' ? fc.constant('bytes') : fc.constant(undefined)
}

const clientOf = (who: Sent['who']): Client =>
  who === 'stranger' ? house.anon : who === 'person' ? house.as.ada : house.as.admin

const sendTo = (operation: Operation, { who, values, query, body }: Sent): Promise<Reply> => {
  let i = 0
  const path = operation.template.replace(/:\w+/g, () => encodeURIComponent(values[i++] ?? ''))
  const type = operation.body === 'multipart' ? 'multipart/form-data; boundary=x' : 'application/json'
  const raw = operation.body === 'json' && body !== undefined
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return clientOf(who).send(operation.method, path, raw ? JSON.stringify(body) : body, {
    query: Object.fromEntries(given),
    headers: body === undefined ? {} : { 'content-type': type },
  })
}

/** What is wrong with the answer to this request. */
const faultOf = (operation: Operation, sent: Sent, reply: Reply): string | undefined => {
  const { path, verb } = placeOf(operation)
  const off = contract.fault(path, verb, reply)
  if (off) return off
  if (reply.status === 400 && reply.json().code === 'uri_too_long') return undefined
  if (sent.who === 'stranger' && operation.access.kind !== 'public')
    return reply.status === 401 ? undefined : `answered a stranger ${reply.status}`
  if (reply.status >= 400) return undefined
  if (operation.body === 'json' && sent.body !== undefined && !contract.allowsBody(path, verb, sent.body))
    return `took what the document does not allow, with ${reply.status}`
  const bad = parametersIn(operation).find(
    ({ index, name }) => !contract.allowsParameter(path, verb, index, sent.query[name]),
  )
  return bad && `took a query that the document does not allow: ${bad.name}=${sent.query[bad.name]}`
}

// bar 186
test(
  `no request gets a 5xx, or an answer that the document does not tell of (FUZZ_SEED=${SEED})`,
  async () => {
    const faults: string[] = []
    for (const operation of operations) {
      const holds = fc.asyncProperty(requestTo(operation), async (sent) => {
        const fault = faultOf(operation, sent, await sendTo(operation, sent))
        if (fault) throw new Error(fault)
      })
      const { failed, counterexample, errorInstance } = await fc.check(holds, {
        seed: SEED,
        numRuns: Math.ceil(RUNS / operations.length),
        endOnFailure: RUNS < 10_000,
      })
      if (failed) faults.push(`${operation.name} ${JSON.stringify(counterexample).slice(0, 300)}: ${errorInstance}`)
    }
    expect(faults).toEqual([])
    for (const client of [house.as.ada, house.as.admin]) expect((await client.get('/users/me')).status).toBe(200)
  },
  PATIENCE,
)

// bar 128, 186
test(
  'a method that a path does not take is a 405 that names those it takes',
  async () => {
    const patterns = operations.map(({ method, template }) => ({
      method,
      pattern: new RegExp(`^${template.replace(/:\w+/g, '[^/]+')}$`),
    }))
    const faults: string[] = []
    for (const template of new Set(operations.map((operation) => operation.template))) {
      const path = template.replace(/:\w+/g, () => crypto.randomUUID())
      const taken = new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !taken.has(one))) {
        const reply = await house.anon.send(method, path, method === 'GET' ? undefined : {})
        const allow = new Set(reply.headers.get('allow')?.split(', '))
        if (reply.status !== 405) faults.push(`${method} ${path}: ${reply.status}`)
        if ([...taken].some((one) => !allow.has(one)) || allow.has(method))
          faults.push(`${method} ${path}: Allow is ${[...allow]}, not ${[...taken]}`)
      }
    }
    expect(faults).toEqual([])
  },
  PATIENCE,
)
