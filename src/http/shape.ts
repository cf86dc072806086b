import { KindGuard } from '@sinclair/typebox'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Where a body has something else in the place of an object, as a JSON pointer. Elysia drops what a schema does not
 * name before it checks, and by then `5`, `null` or `[]` has become an object that may well be empty.
 */
export const misshapen = (schema: unknown, value: unknown, path = ''): string | undefined => {
  if (KindGuard.IsArray(schema) && Array.isArray(value))
    return first(value.map((item, i) => misshapen(schema.items, item, `${path}/${i}`)))
  if (KindGuard.IsRecord(schema)) return isObject(value) ? undefined : path
  if (!KindGuard.IsObject(schema)) return undefined
  if (!isObject(value)) return path
  const present = Object.entries(schema.properties).filter(([name]) => value[name] !== undefined)
  return first(present.map(([name, member]) => misshapen(member, value[name], `${path}/${name}`)))
}

const first = (found: readonly (string | undefined)[]) => found.find((path) => path !== undefined)
