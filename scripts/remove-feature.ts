import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readArguments } from './lib/arguments'
import { dependentsOf } from './lib/dependents'
import { dropFeature } from './lib/feature-names'
import { keptFiles } from './lib/files'
import { ROOT, run } from './lib/run'

const HELP = `bun run remove-feature NAME… [--keep-tables]

Removes features for good: the folder with its tests, the line in src/features.ts, the page in docs/guide with the
lines that link to it, and, by a migration, the tables with all they hold. users and auth stay: others build on them.

  --keep-tables  leaves the tables where they are`

const BASE = new Set(['users', 'auth'])

const { values, positionals } = readArguments(HELP, { 'keep-tables': { type: 'boolean' } }, true)
const fail = (line: string): never => {
  console.error(line)
  process.exit(1)
}
if (positionals.length === 0) fail('Name what goes: bun run remove-feature webhooks')
for (const name of positionals) {
  if (BASE.has(name)) fail(`Others build on ${name}: it cannot go`)
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(join(ROOT, 'src/features', name))) fail(`There is no feature ${name}`)
}

for (const name of positionals) {
  const files = await keptFiles()
  for (const path of await dependentsOf(name, files, ROOT)) {
    rmSync(join(ROOT, path), { force: true })
    console.log(`  ${path}`)
  }
  rmSync(join(ROOT, 'src/features', name), { recursive: true })
  await dropFeature(name)
  rmSync(join(ROOT, `docs/guide/${name}.md`), { force: true })
  for (const path of (await keptFiles()).filter((file) => file.endsWith('.md'))) {
    const text = await Bun.file(join(ROOT, path)).text()
    const left = text.split('\n').filter((line) => !line.includes(`guide/${name}.md`) && !line.includes(`](${name}.md`))
    if (left.length < text.split('\n').length) await Bun.write(join(ROOT, path), left.join('\n'))
  }
  console.log(`  ${name}: folder, line and page are gone`)
}
if (!values['keep-tables']) {
  const made = await run(['bun', 'run', 'migrations:generate', '--name', `without-${positionals.join('-')}`])
  if (!made.ok) fail(`The migration that drops the tables failed:\n${made.output}`)
  console.log('  drizzle/: a migration drops the tables, if there were any')
}
console.log('\nTry it: bun run check. If the types of web/ fail, delete the screens they name from web/screens.')
