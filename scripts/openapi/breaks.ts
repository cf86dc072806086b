import { schemaBreaks } from './schemas'
import { list, type Part, part, type Reader, reader } from './shape'

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']

/**
 * What breaks callers between two OpenAPI documents, a line each: paths, operations, answers, media types, parameters and
 * properties that are gone or of another type, and what is asked for that was not.
 */
export const breaksBetween = (before: unknown, after: unknown): string[] => {
  const [old, now] = [reader(before), reader(after)]
  const found: string[] = []
  for (const [path, item] of Object.entries(part(old.root.paths))) {
    const newItem = part(part(now.root.paths)[path])
    for (const method of METHODS) {
      const operation = part(item)[method]
      if (operation === undefined) continue
      const name = `${method.toUpperCase()} ${path}`
      if (newItem[method] === undefined) found.push(`${name} is gone`)
      else found.push(...operationBreaks({ at: name, old, now, a: part(operation), b: part(newItem[method]) }))
    }
  }
  return found
}

interface Pair {
  at: string
  old: Reader
  now: Reader
  a: Part
  b: Part
}

const operationBreaks = (pair: Pair) => [
  ...accessBreaks(pair),
  ...parameterBreaks(pair),
  ...bodyBreaks(pair),
  ...answerBreaks(pair),
]

const isOpen = (operation: Part, { root }: Reader) => {
  const ways = operation.security ?? root.security
  return !Array.isArray(ways) || ways.length === 0 || ways.some((way) => Object.keys(part(way)).length === 0)
}

const accessBreaks = ({ at, old, now, a, b }: Pair) =>
  isOpen(a, old) && !isOpen(b, now) ? [`${at} is not open to everybody any more`] : []

const parametersOf = (operation: Part, { follow }: Reader) =>
  new Map(
    list(operation.parameters)
      .map((one) => follow(one))
      .map((one) => [`${String(one.in)} ${String(one.name)}`, one]),
  )

const parameterBreaks = ({ at, old, now, a, b }: Pair) => {
  const [had, has] = [parametersOf(a, old), parametersOf(b, now)]
  const found: string[] = []
  for (const [name, parameter] of has) {
    const before = had.get(name)
    if (parameter.required === true && before?.required !== true) found.push(`${at}: ${name} is required now`)
    if (before) {
      const sides = [
        { schema: before.schema, reader: old },
        { schema: parameter.schema, reader: now },
      ] as const
      found.push(...schemaBreaks(sides[0], sides[1], 'sent', `${at}: ${name}`))
    }
  }
  for (const name of had.keys()) if (!has.has(name)) found.push(`${at}: ${name} is gone`)
  return found
}

const bodyBreaks = ({ at, old, now, a, b }: Pair) => {
  const [had, has] = [old.follow(a.requestBody), now.follow(b.requestBody)]
  if (!b.requestBody) return []
  const asked = has.required === true && had.required !== true ? [`${at}: a body is required now`] : []
  return [...asked, ...contentBreaks({ at: `${at}: body`, old, now, a: had, b: has }, 'sent')]
}

const answerBreaks = ({ at, old, now, a, b }: Pair) =>
  Object.entries(part(a.responses))
    .filter(([status]) => /^[23]/.test(status))
    .flatMap(([status, answer]) => {
      const other = part(b.responses)[status]
      if (other === undefined) return [`${at}: ${status} is not answered any more`]
      return contentBreaks(
        { at: `${at}: ${status}`, old, now, a: old.follow(answer), b: now.follow(other) },
        'received',
      )
    })

const contentBreaks = ({ at, old, now, a, b }: Pair, direction: 'sent' | 'received') =>
  Object.entries(part(a.content)).flatMap(([type, media]) => {
    const other = part(b.content)[type]
    if (other === undefined) return [`${at}: ${type} is gone`]
    const sides = [
      { schema: part(media).schema, reader: old },
      { schema: part(other).schema, reader: now },
    ] as const
    return schemaBreaks(sides[0], sides[1], direction, at)
  })
