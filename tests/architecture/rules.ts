import { basename } from 'node:path'
import { bare, folderOf, type Import, importsOf, type Tree } from './tree'

/** Tells what breaks a rule, a line each; nothing when it holds. */
export type Rule = (tree: Tree) => string[]

const CORE = 'src/core'
const DB = 'src/adapters/database/index.ts'
const BASE = ['src/features/users', 'src/features/auth']
/** Files of a feature that may know HTTP: `authenticate` reads a request's headers by its nature. */
const DOORS = /^(.+-)?(routes|models|pages|index|authenticate)\.tsx?$/
/** What an adapter brings for others to build with; every other package of an adapter is a driver. */
const TOOLS = ['drizzle-orm', 'croner', 'ipaddr.js', 'csv-stringify']
const MAX_LINES = 250
const MEDIAN_LINES = 80

const inside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)
const isFeature = (path: string) => inside(path, 'src/features')
const isIndex = (path: string) => basename(path) === 'index.ts'

/** Our own imports from one part of the tree that are not among those allowed. */
const only =
  (where: (path: string) => boolean, allowed: (one: Import) => boolean): Rule =>
  (tree) =>
    importsOf(tree)
      .filter((one) => one.ours && where(one.from) && !allowed(one))
      .map(({ from, to }) => `${from} imports ${to}`)

export const coreImportsNothingOfOurs = only(
  (path) => inside(path, CORE),
  ({ to }) => inside(to, CORE),
)

// `#db` is what the house says to a database: the journal and the queue keep their rows there.
export const adaptersKeepToThemselves = only(
  (path) => inside(path, 'src/adapters'),
  ({ from, to }) =>
    inside(to, CORE) ||
    inside(to, folderOf(from)) ||
    to === DB ||
    (basename(from) === 'schema.ts' && inside(to, folderOf(DB))),
)

export const httpKeepsToItself = only(
  (path) => inside(path, 'src/http'),
  ({ to }) => inside(to, CORE) || inside(to, 'src/http'),
)

// The two base features know each other's tables, and a table of any feature may refer to one of theirs.
const sharesTables = ({ from, to }: Import) =>
  basename(to) === 'schema.ts' &&
  BASE.includes(folderOf(to)) &&
  (basename(from) === 'schema.ts' || BASE.includes(folderOf(from)))

export const featuresMeetInTheManifest = only(isFeature, (one) => {
  const { from, to } = one
  const house = inside(to, CORE) || to === DB || inside(to, 'src/mail') || to === 'src/http/index.ts'
  return house || inside(to, folderOf(from)) || (BASE.includes(folderOf(to)) && isIndex(to)) || sharesTables(one)
})

export const onlyDoorsKnowHttp: Rule = (tree) =>
  importsOf(tree)
    .filter(
      ({ from, to }) =>
        isFeature(from) &&
        !DOORS.test(basename(from)) &&
        (to === 'elysia' || to.startsWith('@elysiajs/') || inside(to, 'src/http')),
    )
    .map(({ from, to }) => `${from} imports ${to}`)

/** Packages that only adapters may import: whatever they import that is not a tool. */
const driversOf = (imports: Import[]) =>
  new Set(
    imports
      .filter(
        ({ from, to, ours }) => inside(from, 'src/adapters') && !ours && !to.startsWith('node:') && !TOOLS.includes(to),
      )
      .map(({ to }) => to),
  )

export const featuresKnowNoDriver: Rule = (tree) => {
  const imports = importsOf(tree)
  const drivers = driversOf(imports)
  return imports
    .filter(
      ({ from, to, ours }) =>
        isFeature(from) && ((!ours && drivers.has(to)) || (inside(to, 'src/adapters') && to !== DB)),
    )
    .map(({ from, to }) => `${from} imports ${to}`)
}

export const onlyConfigReadsTheEnvironment: Rule = (tree) =>
  saying(tree, /\b(process|Bun|import\.meta)\.env\b|\bfrom\s+'dotenv/, (path) => path !== 'src/config.ts')

export const onlyAppOpensDrivers: Rule = (tree) =>
  importsOf(tree)
    .filter(
      ({ from, to }) =>
        inside(to, 'src/adapters') &&
        to !== DB &&
        folderOf(from) !== folderOf(to) &&
        from !== 'src/app.ts' &&
        basename(from) !== 'schema.ts',
    )
    .map(({ from, to }) => `${from} imports ${to}`)

/** Files that need each other before either has run. What is loaded lazily needs nothing at that moment. */
export const noCycles: Rule = (tree) => {
  const needs = new Map<string, string[]>()
  for (const { from, to, ours, lazy } of importsOf(tree))
    if (ours && !lazy) needs.set(from, [...(needs.get(from) ?? []), to])
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: string[]) => {
    if (path.includes(file)) return void found.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file)) return
    for (const next of needs.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of tree.keys()) visit(file, [])
  return found
}

export const sourceNeedsNoTest: Rule = (tree) =>
  importsOf(tree)
    .filter(({ to }) => inside(to, 'tests') || to.includes('.test') || to === 'bun:test')
    .map(({ from, to }) => `${from} imports ${to}`)

const linesOf = (code: string) => code.trimEnd().split('\n').length

export const filesAreShort: Rule = (tree) =>
  [...tree]
    .filter(([, code]) => linesOf(code) > MAX_LINES)
    .map(([path, code]) => `${path} has ${linesOf(code)} lines, more than ${MAX_LINES}`)

export const theMedianFileIsShort: Rule = (tree) => {
  const lengths = [...tree.values()].map(linesOf).toSorted((a, b) => a - b)
  const median = lengths[lengths.length >> 1] ?? 0
  return median > MEDIAN_LINES ? [`The median file has ${median} lines, more than ${MEDIAN_LINES}`] : []
}

/** Addresses that somebody typed in are only ever called through `outbound`, which looks where they lead. */
export const onlyOutboundCallsOut: Rule = (tree) => [
  ...saying(tree, /(?<![.\w])(fetch\(|Bun\.connect\(|new WebSocket\()/, (path) => !mayCallOut(path)),
  ...importsOf(tree)
    .filter(({ from, to }) => /^(node:)?(https?|http2|net|tls|dgram)$/.test(to) && !mayCallOut(from))
    .map(({ from, to }) => `${from} imports ${to}`),
]

// Other adapters call the service that the configuration names; the client is what callers of ours run.
const mayCallOut = (path: string) => inside(path, 'src/adapters') || path === 'src/client.ts'

/** One clock, in core: whatever else asks the machine for the time cannot be moved by a test. */
export const onlyTheClockTellsTheTime: Rule = (tree) =>
  saying(tree, /\bDate\.now\(\)|\bnew Date\(\)/, (path) => path !== 'src/core/time.ts')

/**
 * What lives as long as the process is in the App, so that two can live side by side. A library that is loaded when it
 * is first needed, `let loaded: Promise<…> | undefined`, is a constant that is late.
 */
export const modulesKeepNothing: Rule = (tree) =>
  saying(
    tree,
    /^(export )?(let (?!\w+: Promise<)|var )|^(export )?const \w+(: [^=]+)? = new (Weak)?(Map|Set)(<[^=]*>)?\(\)/,
    () => true,
  )

/** Lines whose code, without comments and quotes, matches. */
const saying = (tree: Tree, pattern: RegExp, where: (path: string) => boolean) =>
  [...tree]
    .filter(([path]) => where(path))
    .flatMap(([path, code]) =>
      bare(code)
        .split('\n')
        .filter((line) => pattern.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    )
