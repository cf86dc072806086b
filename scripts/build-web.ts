import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { readArguments } from './lib/arguments'
import { ROOT } from './lib/run'

const HELP = `bun run build:web [--quick]

Builds the admin page from web/ into web/dist: hashed files, compressed beforehand, and a manifest that names them.

  --quick  does not compress, as development wants it`

const { values } = readArguments(HELP, { quick: { type: 'boolean' } })

const DIST = join(ROOT, 'web/dist')
const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}
const WORTHWHILE_BYTES = 1024
const CODINGS: Record<string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array> = {
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
  zstd: (bytes) => Bun.zstdCompressSync(bytes, { level: 19 }),
}

// Beside its place, so that moving it there is one step: whoever builds at the same time does not mix with us.
const folder = mkdtempSync(join(ROOT, 'web/.build-'))
try {
  const { outputs } = await Bun.build({
    entrypoints: [join(ROOT, 'web/main.tsx')],
    outdir: folder,
    target: 'browser',
    format: 'esm',
    splitting: true,
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    naming: { entry: '[name]-[hash].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
  })
  const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)
  const entry = outputs.find(({ kind, path }) => kind === 'entry-point' && path.endsWith('.js'))
  const sheet = outputs.find(({ path }) => path.endsWith('.css'))
  if (!entry || !sheet) throw new Error('The build has no script or no style sheet')

  const files: Record<string, { type: string; codings: string[] }> = {}
  for (const name of readdirSync(folder)) {
    const bytes = new Uint8Array(readFileSync(join(folder, name)))
    const compressed = values.quick || bytes.byteLength < WORTHWHILE_BYTES ? [] : Object.entries(CODINGS)
    for (const [coding, encode] of compressed) writeFileSync(join(folder, `${name}.${coding}`), encode(bytes))
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    files[name] = { type, codings: compressed.map(([coding]) => coding) }
  }
  const script = nameOf(entry.path)
  const preload = staticImports(script)
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({ script, styles: nameOf(sheet.path), preload, files }, null, 1),
  )
  rmSync(DIST, { recursive: true, force: true })
  renameSync(folder, DIST)
  report([script, nameOf(sheet.path), ...preload], Object.keys(files))
} catch (error) {
  rmSync(folder, { recursive: true, force: true })
  if (error instanceof AggregateError) for (const one of error.errors) console.error(String(one))
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

/** What a chunk imports at once, and what that imports. */
function staticImports(from: string, seen = new Set<string>()): string[] {
  const code = readFileSync(join(folder, from), 'utf8')
  const imports = new Bun.Transpiler({ loader: 'js' }).scanImports(code)
  for (const { kind, path } of imports) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (kind !== 'import-statement' || seen.has(name)) continue
    seen.add(name)
    staticImports(name, seen)
  }
  return [...seen]
}

/** Sizes as they travel. */
function report(first: string[], all: string[]) {
  const gzipped = (names: string[]) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(DIST, name))).byteLength, 0)
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`
  console.log(
    `first view ${kilobytes(gzipped(first))}, all ${kilobytes(gzipped(all))} gzip, in ${all.length} files: web/dist`,
  )
}
