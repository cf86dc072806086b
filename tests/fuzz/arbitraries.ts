import fc, { type Arbitrary } from 'fast-check'
import type { Json } from '../support'

/** What breaks programs: by its kind, its size or its characters. */
export const JUNK: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  'null',
  'a\u0000b',
  '\ud800',
  '\u202e\u{1f9ff}',
  'x'.repeat(5000),
  "' OR 1=1 --",
  '"*" NEAR(a',
  '../../etc/passwd',
  '9999-99-99T99:99:99.000Z',
  '1e400',
  '__proto__',
  'constructor',
  [],
  [[[[]]]],
  {},
  { length: 1e9 },
]

export const junk = fc.constantFrom(...JUNK)
/** As it can stand in an address. */
export const junkText = fc.constantFrom(
  ...JUNK.filter((one) => typeof one === 'string' && one !== '' && one.isWellFormed()),
)

const FORMATS: Readonly<Record<string, Arbitrary<Json>>> = {
  uuid: fc.uuid({ version: 7 }),
  email: fc.stringMatching(/^[a-z]{3,12}$/).map((name) => `${name}@example.com`),
  uri: fc.constantFrom('https://example.com/', 'https://example.com/hook?x=1'),
  'date-time': fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  date: fc.constantFrom('2026-11-22', '1970-01-01'),
}

/** Values that a JSON schema of the document allows, mostly: what it really allows is for a validator to say. */
export const fitting = (schema: Json, find: (ref: string) => Json): Arbitrary<Json> => {
  if (schema?.$ref) return fitting(find(schema.$ref), find)
  if (schema?.const !== undefined) return fc.constant(schema.const)
  if (schema?.enum) return fc.constantFrom(...schema.enum)
  const either = schema?.anyOf ?? schema?.oneOf
  if (either) return fc.oneof(...either.map((one: Json) => fitting(one, find)))
  const type = Array.isArray(schema?.type) ? schema.type[0] : schema?.type
  switch (type) {
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -5, max: schema.maximum ?? 1000 })
    case 'number':
      return fc.double({ min: schema.minimum ?? -5, max: schema.maximum ?? 1000, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(fitting(schema.items ?? {}, find), { minLength: schema.minItems ?? 0, maxLength: 3 })
    case 'object':
      return object(schema, find)
    default:
      return junk
  }
}

const text = ({ format, pattern, minLength = 0, maxLength = 40, examples = [] }: Json): Arbitrary<Json> => {
  const known = FORMATS[format]
  if (known) return known
  const own = examples.length > 0 ? [fc.constantFrom(...examples)] : []
  return fc.oneof(...own, pattern ? matching(pattern) : fc.string({ minLength, maxLength: Math.min(maxLength, 200) }))
}

/** fast-check cannot make up text for every pattern. */
const matching = (pattern: string): Arbitrary<Json> => {
  try {
    return fc.stringMatching(new RegExp(pattern))
  } catch {
    return fc.string({ minLength: 1 })
  }
}

const object = ({ properties = {}, required = [], additionalProperties }: Json, find: (ref: string) => Json) => {
  const members = Object.fromEntries(Object.entries<Json>(properties).map(([name, one]) => [name, fitting(one, find)]))
  if (Object.keys(members).length === 0 && typeof additionalProperties === 'object')
    return fc.dictionary(fc.string(), fitting(additionalProperties, find), { maxKeys: 3 })
  return fc.record(members, { requiredKeys: required })
}

/** The same with something wrong: a member of another kind, one too few, one too many, or another thing altogether. */
export const broken = (good: Arbitrary<Json>, names: readonly string[]): Arbitrary<Json> => {
  const name = fc.constantFrom(...(names.length > 0 ? names : ['name']))
  const changed = fc.tuple(good, name, junk).map(([body, key, value]) => ({ ...body, [key]: value }))
  const lacking = fc.tuple(good, name).map(([body, key]) => ({ ...body, [key]: undefined }))
  const more = fc.tuple(good, junk).map(([body, value]) => ({ ...body, unheardOf: value }))
  return fc.oneof({ weight: 5, arbitrary: changed }, { weight: 2, arbitrary: lacking }, more, junk)
}
