/** A part of a parsed document, of which nothing is known yet. */
export type Part = Record<string, unknown>

export const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const part = (value: unknown): Part => (isPart(value) ? value : {})
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A document with its references followed as they are met. */
export const reader = (document: unknown) => {
  const follow = (value: unknown, depth = 0): Part => {
    const node = part(value)
    if (typeof node.$ref !== 'string' || depth > 20) return node
    const names = node.$ref.replace(/^#\//, '').split('/')
    const target = names.reduce<unknown>(
      (at, name) => part(at)[name.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    )
    return follow(target, depth + 1)
  }
  return { root: part(document), follow }
}
export type Reader = ReturnType<typeof reader>
