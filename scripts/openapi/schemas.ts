import { list, type Part, part, type Reader } from './shape'

/** `sent`: callers send it, so it must not ask for more. `received`: they read it, so it must not give less. */
export type Direction = 'sent' | 'received'

interface Side {
  schema: unknown
  reader: Reader
}

const MAX_DEPTH = 12

/** What breaks callers between two schemas of one place. */
export const schemaBreaks = (before: Side, after: Side, direction: Direction, at: string, depth = 0): string[] => {
  const [old, now] = [before.reader.follow(before.schema), after.reader.follow(after.schema)]
  if (depth > MAX_DEPTH) return []
  const deeper = (a: unknown, b: unknown, where: string) =>
    schemaBreaks({ ...before, schema: a }, { ...after, schema: b }, direction, where, depth + 1)
  const found: string[] = [...typeBreaks(old, now, direction, at), ...enumBreaks(old, now, direction, at)]
  const [oldProperties, newProperties] = [part(old.properties), part(now.properties)]
  const [oldRequired, newRequired] = [list(old.required), list(now.required)]

  for (const [name, property] of Object.entries(oldProperties)) {
    const there = name in newProperties
    if (!there && (direction === 'received' || now.additionalProperties === false)) found.push(`${at}.${name} is gone`)
    if (there) found.push(...deeper(property, newProperties[name], `${at}.${name}`))
    if (there && direction === 'received' && oldRequired.includes(name) && !newRequired.includes(name))
      found.push(`${at}.${name} may be missing now`)
  }
  if (direction === 'sent') {
    for (const name of newRequired) if (!oldRequired.includes(name)) found.push(`${at}.${String(name)} is required now`)
  }
  if (old.items && now.items) found.push(...deeper(old.items, now.items, `${at}[]`))
  return found
}

const typesOf = ({ type, anyOf, oneOf }: Part): string[] => {
  const several = [...list(anyOf), ...list(oneOf)]
  if (several.length > 0) return several.flatMap((one) => typesOf(part(one)))
  return Array.isArray(type) ? type.map(String) : typeof type === 'string' ? [type] : []
}

/** Sent: each type that was taken has to be taken. Received: no type may come that did not come before. */
const typeBreaks = (old: Part, now: Part, direction: Direction, at: string) => {
  const [had, has] = [typesOf(old), typesOf(now)]
  if (had.length === 0 || has.length === 0) return []
  const [needed, offered] = direction === 'sent' ? [had, has] : [has, had]
  const covers = (type: string) => offered.includes(type) || (type === 'integer' && offered.includes('number'))
  return needed.every(covers) ? [] : [`${at} was ${had.join(' or ')} and is ${has.join(' or ')}`]
}

const valuesOf = (schema: Part): unknown[] => {
  if (Array.isArray(schema.enum)) return schema.enum
  if ('const' in schema) return [schema.const]
  const several = [...list(schema.anyOf), ...list(schema.oneOf)].map(part)
  return several.length > 0 && several.every((one) => 'const' in one) ? several.map((one) => one.const) : []
}

/** A value more in a reply is no break: callers are told to expect that. */
const enumBreaks = (old: Part, now: Part, direction: Direction, at: string) => {
  const values = valuesOf(now)
  if (direction === 'received' || values.length === 0) return []
  const had = valuesOf(old)
  if (had.length === 0) return [`${at} takes only some values now`]
  return had.filter((value) => !values.includes(value)).map((value) => `${at} does not take ${String(value)} any more`)
}
