import { KindGuard } from '@sinclair/typebox'

/** Where a body is not what its schema means, as a JSON pointer, and what belongs there. */
interface Misfit {
  path: string
  message: string
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Finds what Elysia's check lets through. It drops what a schema does not name before it looks, and by then `5`, `null`
 * or `[]` in the place of an object has become one that may well be empty. And it takes `"60"` for the number 60, which
 * is right in a query, where all is text, and wrong in JSON.
 */
export const misfit = (schema: unknown, value: unknown, path = ''): Misfit | undefined => {
  if (typeof value === 'string' && meansNumber(schema))
    return { path, message: messageOf(schema, 'has to be a number') }
  if (KindGuard.IsUnion(schema)) return misfit(onlyContainer(schema.anyOf, value), value, path)
  if (KindGuard.IsArray(schema) && Array.isArray(value))
    return first(value.map((item, i) => misfit(schema.items, item, `${path}/${i}`)))
  if (!KindGuard.IsRecord(schema) && !KindGuard.IsObject(schema)) return undefined
  if (!isObject(value)) return { path, message: 'has to be an object' }
  const [anyMember] = KindGuard.IsRecord(schema) ? Object.values(schema.patternProperties) : []
  const members: Record<string, unknown> = KindGuard.IsObject(schema) ? schema.properties : {}
  const present = Object.entries(value).filter(([, member]) => member !== undefined)
  return first(present.map(([name, member]) => misfit(anyMember ?? members[name], member, `${path}/${name}`)))
}

/** The member of a union that a list or object can only be meant for, if there is one. */
const onlyContainer = (members: readonly unknown[], value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return undefined
  const containers = members.filter(
    (one) => KindGuard.IsObject(one) || KindGuard.IsRecord(one) || KindGuard.IsArray(one),
  )
  return containers.length === 1 ? containers[0] : undefined
}

/** Elysia writes a number as itself or as text that reads as one; true if no other text will do. */
const meansNumber = (schema: unknown): boolean =>
  KindGuard.IsUnion(schema) &&
  schema.anyOf.some((one) => isNumeral(one) || meansNumber(one)) &&
  !schema.anyOf.some((one) => (KindGuard.IsString(one) && !isNumeral(one)) || KindGuard.IsLiteralString(one))

const isNumeral = (schema: unknown) =>
  KindGuard.IsString(schema) && (schema.format === 'integer' || schema.format === 'numeric')

const messageOf = (schema: unknown, otherwise: string): string =>
  isObject(schema) && typeof schema.error === 'string' ? schema.error : otherwise

const first = (found: readonly (Misfit | undefined)[]) => found.find((one) => one !== undefined)
