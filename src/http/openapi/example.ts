import { isList, isObject, type Json, type JsonObject } from './json'

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: '0193a3f0-7c1e-7c4e-9d2b-5f1e8a6b3c4d',
  'date-time': '2026-11-22T10:00:00.000Z',
  date: '2026-11-22',
  email: 'ada@example.com',
  uri: 'https://example.com/',
}

/** A value that fits the schema, from its own examples where it has some. Nothing if there is none to be made up. */
export const exampleOf = (schema: Json | undefined): Json | undefined => {
  if (!isObject(schema)) return undefined
  const [own] = isList(schema.examples) ? schema.examples : []
  const given = own ?? schema.default ?? schema.const
  if (given !== undefined) return given
  const [choice] = firstList(schema.enum, schema.anyOf, schema.oneOf)
  if (isList(schema.enum)) return choice
  if (choice !== undefined) return exampleOf(choice)
  return byType(isList(schema.type) ? schema.type[0] : schema.type, schema)
}

const byType = (type: Json | undefined, schema: JsonObject): Json | undefined => {
  switch (type) {
    case 'string':
      return text(schema)
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 1
    case 'boolean':
      return true
    case 'null':
      return null
    case 'array': {
      const item = exampleOf(schema.items)
      return item === undefined ? [] : [item]
    }
    case 'object':
      return object(schema)
    default:
      return undefined
  }
}

const text = ({ format, pattern, minLength }: JsonObject): string | undefined => {
  if (typeof format === 'string') return BY_FORMAT[format]
  if (pattern !== undefined) return undefined
  return 'text'.padEnd(typeof minLength === 'number' ? minLength : 0, 'x')
}

const object = ({ properties }: JsonObject): Json => {
  const example: Record<string, Json> = {}
  for (const [name, schema] of Object.entries(isObject(properties) ? properties : {})) {
    const value = exampleOf(schema)
    if (value !== undefined) example[name] = value
  }
  return example
}

const firstList = (...candidates: (Json | undefined)[]): readonly Json[] => candidates.find(isList) ?? []
