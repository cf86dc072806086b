import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { readArguments } from './lib/arguments'
import { insertFeature, wordsOf } from './lib/feature-names'
import { ROOT, run } from './lib/run'

const HELP = `bun run new-feature NAME [--singular WORD]

Writes a feature that works: table and migration, routes to add, list, read, change and delete, events, purge, tests
and a page in docs/guide. NAME is the plural in lower case, with dashes: invoices, line-items.

  --singular WORD  when it is not NAME without its last s: --singular person`

const TEMPLATES = join(import.meta.dir, 'templates/feature')

const { values, positionals } = readArguments(HELP, { singular: { type: 'string' } }, true)
const [name] = positionals
const fail = (line: string): never => {
  console.error(line)
  process.exit(1)
}
if (!name || positionals.length > 1 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
  fail('Name one feature, in lower case with dashes: bun run new-feature invoices')
const plural = name ?? ''
const singular = values.singular ?? plural.replace(/s$/, '')
if (singular === plural || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(singular))
  fail(`What is one of them called? bun run new-feature ${plural} --singular WORD`)
const folder = join(ROOT, 'src/features', plural)
if (existsSync(folder)) fail(`There is a feature ${plural} already`)

const words = wordsOf(plural, singular)
const fill = (text: string) => text.replace(/\{\{([^{}$]+)\}\}/g, (whole, word: string) => words[word] ?? whole)

mkdirSync(folder, { recursive: true })
for (const file of [...new Glob('*.txt').scanSync(TEMPLATES)].sort()) {
  const text = fill(await Bun.file(join(TEMPLATES, file)).text())
  const path =
    file === 'guide.md.txt' ? `docs/guide/${plural}.md` : `src/features/${plural}/${fill(file.replace(/\.txt$/, ''))}`
  await Bun.write(join(ROOT, path), text)
  console.log(`  ${path}`)
}
await insertFeature(plural, words.things ?? '')
console.log('  src/features.ts')

for (const [what, command] of [
  ['formatting', ['bunx', 'biome', 'check', '--write', `src/features/${plural}`, 'src/features.ts']],
  ['migration', ['bun', 'run', 'migrations:generate', '--name', plural]],
] as const) {
  const done = await run([...command])
  if (!done.ok) fail(`The ${what} failed:\n${done.output}`)
}
console.log(`  drizzle/ (a migration)\n\nTry it: bun test src/features/${plural}`)
