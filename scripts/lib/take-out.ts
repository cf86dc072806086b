import { existsSync, rmSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { dropFeature } from './feature-names'
import { keptFiles } from './files'
import { type Imports, imported, importsAmong } from './imports'
import { cutMarked, cutMarkedJson } from './marks'
import { ROOT, run } from './run'

const TEXT = /\.(tsx?|css|md|ya?ml|toml|sh|service|example|txt)$|Dockerfile|Caddyfile|^\.ci\//
/** Folders elsewhere that are one feature's as a whole. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  'admin-page': ['web', 'tests/browser', 'docs/images', 'scripts/build-web.ts'],
  webhooks: ['tests/browser/actions-webhooks.test.ts'],
  // Not features, but what a new project has no use for.
  bench: ['bench'],
  setup: ['scripts/setup.ts', 'scripts/setup.test.ts'],
}
/** Where a file that imports a feature cannot do without it. Elsewhere such an import is marked. */
const OUTSIDE = /^(scripts|bench|tests|web)\//

/**
 * Takes features out of the project, but for their tables: folder, line, page, what is marked as theirs, and whatever
 * nobody needs any more without them: files, packages, commands, links. Returns the paths that are gone.
 */
export const takeOut = async (names: readonly string[]): Promise<string[]> => {
  const before = await keptFiles()
  const needed = await importsAmong(before)
  for (const name of names) {
    rmSync(join(ROOT, 'src/features', name), { recursive: true, force: true })
    rmSync(join(ROOT, `docs/guide/${name}.md`), { force: true })
    for (const folder of FOLDERS[name] ?? []) rmSync(join(ROOT, folder), { recursive: true, force: true })
    await dropFeature(name)
  }
  await cutEverywhere(names)
  await repair('--unsafe', '--only=correctness/noUnusedImports')
  await dropUseless(before, needed)
  const left = await keptFiles()
  const gone = before.filter((path) => !left.includes(path))
  await mendDocuments(left)
  await mendPackage(needed, await importsAmong(left))
  await repair()
  return gone
}

const repair = async (...words: string[]) => {
  const folders = ['src', 'tests', 'scripts', 'web', 'deploy'].filter((folder) => existsSync(join(ROOT, folder)))
  await run(['bunx', 'biome', 'check', '--write', ...words, ...folders])
}

const cutEverywhere = async (names: readonly string[]) => {
  for (const path of (await keptFiles()).filter((file) => TEXT.test(file) || /^deploy\/.*\.json$/.test(file))) {
    const text = await Bun.file(join(ROOT, path)).text()
    const left = names.reduce(path.endsWith('.json') ? cutMarkedJson : cutMarked, text)
    if (left === text) continue
    // Nothing is left, or nothing but a document's title.
    if (left.replace(/^# .*/, '').trim() === '') rmSync(join(ROOT, path))
    else await Bun.write(join(ROOT, path), left)
  }
}

/** Removes, until there are none, files that import what is gone, and files that somebody imported and nobody does now. */
const dropUseless = async (before: readonly string[], needed: Imports) => {
  const wanted = imported(needed)
  const was = new Set(before)
  for (;;) {
    const files = await keptFiles()
    const now = await importsAmong(files, before)
    const there = new Set(files)
    const still = imported(now)
    const broken = (path: string) => [...(now.get(path) ?? [])].some((to) => was.has(to) && !there.has(to))
    const useless = files.filter(
      (path) => (OUTSIDE.test(path) && broken(path)) || (now.has(path) && wanted.has(path) && !still.has(path)),
    )
    if (useless.length === 0) return
    for (const path of useless) rmSync(join(ROOT, path))
  }
}

const LINK = /\[([^\]]*)\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)]*)?\)/g

/** A link to what is gone becomes its words; one that only names the file vanishes from its list. */
const mended = (line: string, isGone: (target: string) => boolean) =>
  line
    .replace(LINK, (whole, words, target) => (isGone(target) ? (words.endsWith('.md') ? '\0' : words) : whole))
    .replace(/, \0|\0(, )?/g, '')

/** A row or an item about nothing but what is gone goes. */
const mendDocuments = async (files: readonly string[]) => {
  for (const path of files.filter((file) => file.endsWith('.md'))) {
    const text = await Bun.file(join(ROOT, path)).text()
    const isGone = (target: string) => !existsSync(join(ROOT, normalize(join(dirname(path), target))))
    const left = text
      .split('\n')
      .filter((line) => {
        const links = [...line.matchAll(LINK)]
        return !(/^\s*(\||- )/.test(line) && links[0] && links.every(([, , target = '']) => isGone(target)))
      })
      .map((line) => mended(line, isGone))
      .join('\n')
    if (left !== text) await Bun.write(join(ROOT, path), left)
  }
}

/** What a package wants beside it, which nobody else imports. */
const peersOf = async (name: string): Promise<string[]> => {
  const file = Bun.file(join(ROOT, 'node_modules', name, 'package.json'))
  return (await file.exists()) ? Object.keys((await file.json()).peerDependencies ?? {}) : []
}

/** Drops packages that were imported and are not any more, with their types, and scripts whose file is gone. */
const mendPackage = async (before: Imports, after: Imports) => {
  const file = Bun.file(join(ROOT, 'package.json'))
  const manifest = await file.json()
  const [had, have] = [imported(before), imported(after)]
  const useless = (name: string) => {
    const typed = name.replace(/^@types\//, '')
    return had.has(typed) && !have.has(typed)
  }
  for (const kind of ['dependencies', 'devDependencies']) {
    const going = Object.keys(manifest[kind]).filter(useless)
    const peers = await Promise.all(going.map(peersOf))
    for (const name of [...going, ...peers.flat().filter((peer) => !have.has(peer.replace(/^@types\//, '')))])
      delete manifest[kind][name]
  }
  for (const [name, command] of Object.entries<string>(manifest.scripts)) {
    const script = /\b((?:scripts|bench)\/\S+\.ts)\b/.exec(command)?.[1]
    if (script && !existsSync(join(ROOT, script))) delete manifest.scripts[name]
  }
  if (!existsSync(join(ROOT, 'web'))) manifest.scripts.types = 'tsc --noEmit'
  await Bun.write(file, `${JSON.stringify(manifest, null, 2)}\n`)
}
