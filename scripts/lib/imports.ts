import { dirname, join, normalize } from 'node:path'
import { ROOT } from './run'

/** Path → the files of ours and the packages that it imports. */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>

const IMPORTED = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(\s*)['"]([^'"]+)['"]/g

/**
 * What each of these files imports, types included. Packages go by their names, files by their paths: those that are
 * there, and those of `known` that were.
 */
export const importsAmong = async (files: readonly string[], known = files): Promise<Imports> => {
  const there = new Set([...files, ...known])
  const aliases: Record<string, string> = (await Bun.file(join(ROOT, 'package.json')).json()).imports
  const found = new Map<string, Set<string>>()
  for (const file of files.filter((path) => /\.(tsx?|css)$/.test(path))) {
    const text = await Bun.file(join(ROOT, file)).text()
    const targets = [...text.matchAll(IMPORTED)].map(([, to = '']) => resolved(there, aliases, file, to))
    found.set(file, new Set(targets))
  }
  return found
}

const resolved = (there: ReadonlySet<string>, aliases: Record<string, string>, from: string, to: string) => {
  const path = to.startsWith('.') ? normalize(join(dirname(from), to)) : unaliased(aliases, to)
  if (path === undefined) return packageOf(to)
  return [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find((one) => there.has(one)) ?? path
}

const unaliased = (aliases: Record<string, string>, name: string) => {
  for (const [alias, to] of Object.entries(aliases)) {
    const [before = '', after] = alias.split('*')
    if (after === undefined ? name === alias : name.startsWith(before))
      return normalize(to.replace('*', name.slice(before.length)))
  }
  return undefined
}

const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

/** Everything that is imported by any of them. */
export const imported = (imports: Imports) => new Set([...imports.values()].flatMap((targets) => [...targets]))
