export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isList = (value: unknown): value is readonly Json[] => Array.isArray(value)

/** What would be sent: symbols, functions and undefined gone, dates as text. */
export const plain = (value: unknown): Json => {
  const copy: Json = JSON.parse(JSON.stringify(value ?? null))
  return copy
}
