import { dirname, join, normalize } from 'node:path'
import { Glob } from 'bun'

/** Source files by path: the real ones, or made-up ones that break a rule on purpose. */
export type Tree = ReadonlyMap<string, string>

export interface Import {
  from: string
  /** A path in the tree, or the name of a package. */
  to: string
  ours: boolean
  /** Loaded when needed, not with the file. */
  lazy: boolean
}

const ROOT = join(import.meta.dir, '../..')

/** Everything under `src` but tests. */
export const sourceTree = async (): Promise<Tree> => {
  const paths = Array.from(new Glob('src/**/*.{ts,tsx}').scanSync(ROOT)).filter((path) => !path.includes('.test.'))
  const files = await Promise.all(
    paths.sort().map(async (path) => [path, await Bun.file(join(ROOT, path)).text()] as const),
  )
  return new Map(files)
}

const aliases: Record<string, string> = (await Bun.file(join(ROOT, 'package.json')).json()).imports

/** What the files import at run time. Types are erased, so what is imported as a type only is not here. */
export const importsOf = (tree: Tree): Import[] =>
  [...tree].flatMap(([from, code]) =>
    scanners[from.endsWith('x') ? 'tsx' : 'ts']
      .scanImports(code)
      .map(({ path, kind }) => ({ from, ...target(tree, from, path), lazy: kind === 'dynamic-import' })),
  )

const scanners = { ts: new Bun.Transpiler({ loader: 'ts' }), tsx: new Bun.Transpiler({ loader: 'tsx' }) }

const target = (tree: Tree, from: string, path: string) => {
  if (path.startsWith('.')) return { to: fileOf(tree, normalize(join(dirname(from), path))), ours: true }
  if (path.startsWith('#')) return { to: fileOf(tree, unalias(path)), ours: true }
  return {
    to: path.startsWith('@') ? path.split('/').slice(0, 2).join('/') : (path.split('/')[0] ?? path),
    ours: false,
  }
}

const unalias = (path: string) => {
  for (const [alias, to] of Object.entries(aliases)) {
    const [before = '', after] = alias.split('*')
    if (after === undefined ? path === alias : path.startsWith(before))
      return normalize(to.replace('*', path.slice(before.length)))
  }
  return path
}

const fileOf = (tree: Tree, path: string) =>
  [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find((candidate) => tree.has(candidate)) ?? path

/** The first three segments at most: `src/adapters/queue`, `src/features/auth`, or the file itself. */
export const folderOf = (path: string) => {
  const [src, area, name] = path.split('/')
  return area === 'adapters' || area === 'features' ? `${src}/${area}/${name}` : `${src}/${area}`
}

/** Code without comments and without what stands in quotes. */
export const bare = (code: string) =>
  code
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replace(/(^|\s)\/\/.*$/gm, '$1')
