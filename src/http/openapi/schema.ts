import { isList, isObject, type Json, type JsonObject } from './json'

/** Formats of strings that Elysia also takes for numbers, booleans and objects. What is meant stands beside them. */
const COERCED = new Set(['integer', 'numeric', 'number', 'boolean', 'ObjectString', 'ArrayString', 'ArrayQuery'])
/** Words of TypeBox and Elysia that JSON Schema does not know, or that mean something else there. */
const FOREIGN = new Set(['error', 'nullable', '$id', 'maxSize', 'minSize', 'extension', 'transform', 'additionalItems'])
/** Schemas stand under any name here. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas'])
/** Plain values: nothing in them is a schema. */
const VALUES = new Set(['const', 'enum', 'default', 'examples', 'example', 'required'])

/** A schema as Elysia holds it → JSON Schema 2020-12 as OpenAPI 3.1 takes it. */
export const jsonSchema = (schema: Json): Json => {
  if (isList(schema)) return schema.map(jsonSchema)
  if (!isObject(schema)) return schema
  const entries = Object.entries(schema).filter(([key]) => !FOREIGN.has(key))
  const converted = entries.map(([key, value]): [string, Json] => {
    if (VALUES.has(key)) return [key, value]
    if (MAPS.has(key) && isObject(value)) return [key, mapValues(value, jsonSchema)]
    if (key === '$ref' && typeof value === 'string' && !value.startsWith('#'))
      return [key, `#/components/schemas/${value}`]
    return [key, jsonSchema(value)]
  })
  return STEPS.reduce<JsonObject>((step, change) => change(step), Object.fromEntries(converted))
}

/**
 * Gives every schema with a `title` a name of its own in `components`, so that generated clients have one type for it.
 * Two different ones under one title stay where they are.
 */
export const hoistTitled = (document: Json): { document: Json; schemas: JsonObject } => {
  const named = new Map<string, string>()
  const clashing = new Set<string>()
  const collect = (value: Json) => {
    if (isList(value)) return value.forEach(collect)
    if (!isObject(value)) return
    const name = nameOf(value)
    if (name) {
      const text = JSON.stringify(value)
      if ((named.get(name) ?? text) !== text) clashing.add(name)
      named.set(name, text)
    }
    Object.values(value).forEach(collect)
  }
  collect(document)
  const refer = (value: Json, top = false): Json => {
    if (isList(value)) return value.map((item) => refer(item))
    if (!isObject(value)) return value
    const name = nameOf(value)
    if (name && !top && !clashing.has(name)) return { $ref: `#/components/schemas/${name}` }
    return mapValues(value, (inner) => refer(inner))
  }
  const schemas: Record<string, Json> = {}
  for (const [name, text] of named) if (!clashing.has(name)) schemas[name] = refer(JSON.parse(text), true)
  return { document: refer(document), schemas }
}

export const mapValues = (object: JsonObject, change: (value: Json) => Json): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))

const nameOf = ({ title, type }: JsonObject) =>
  typeof title === 'string' && type === 'object' && /^[A-Z]\w*$/.test(title) ? title : undefined

const typed = (schema: JsonObject): JsonObject => {
  if (schema.type === 'Date') return { ...schema, type: 'string', format: 'date-time' }
  if (schema.type === 'void' || schema.type === 'undefined') return {}
  return schema
}

/** `anyOf: [string that reads as an integer, integer]` → integer. */
const uncoerced = (schema: JsonObject): JsonObject => {
  if (!isList(schema.anyOf)) return schema
  const left = schema.anyOf.filter(
    (one) => !(isObject(one) && one.type === 'string' && COERCED.has(String(one.format))),
  )
  const { anyOf, ...rest } = schema
  const [only] = left
  if (left.length === 1 && isObject(only)) return { ...rest, ...only }
  return left.length === anyOf.length ? schema : { ...rest, anyOf: left }
}

/** Elysia's Date takes several spellings; we send and ask for one. */
const dated = (schema: JsonObject): JsonObject => {
  if (!isList(schema.anyOf)) return schema
  const formats = schema.anyOf.map((one) => (isObject(one) ? one.format : undefined))
  if (!formats.includes('date-time') || !formats.includes('date')) return schema
  const { anyOf: _, ...rest } = schema
  return { ...rest, type: 'string', format: 'date-time' }
}

const enumerated = (schema: JsonObject): JsonObject => {
  if (!isList(schema.enum)) return schema
  const nullable = isList(schema.type) && schema.type.includes('null')
  const values = nullable && !schema.enum.includes(null) ? [...schema.enum, null] : schema.enum
  const types = [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))]
  return { ...schema, enum: values, type: types.length === 1 ? (types[0] ?? 'string') : types }
}

/** A record whose keys may be anything. */
const dictionary = (schema: JsonObject): JsonObject => {
  const anyKey = isObject(schema.patternProperties) ? schema.patternProperties['^(.*)$'] : undefined
  if (anyKey === undefined) return schema
  const { patternProperties: _, ...rest } = schema
  return { ...rest, additionalProperties: anyKey }
}

/** Elysia notes in a schema that it drops what is not named, once a route has been asked; we refuse nothing for it. */
const open = (schema: JsonObject): JsonObject => {
  if (schema.additionalProperties !== false) return schema
  const { additionalProperties: _, ...rest } = schema
  return rest
}

/** Query parameters are checked as text; what they stand for is noted beside the pattern. */
const meant = (schema: JsonObject): JsonObject => {
  const { 'x-integer': integer, 'x-boolean': boolean, 'x-enum': choices, ...rest } = schema
  if (isObject(integer)) return { type: 'integer', ...integer }
  if (boolean === true) return { type: 'boolean' }
  if (isList(choices)) return { type: 'string', enum: choices }
  return rest
}

const file = (schema: JsonObject): JsonObject => {
  if (schema.format !== 'binary') return schema
  const { default: _, ...rest } = schema
  return rest
}

const STEPS = [meant, typed, uncoerced, dated, enumerated, dictionary, open, file]
