import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readArguments } from './lib/arguments'
import { BASE } from './lib/feature-names'
import { ROOT, run } from './lib/run'
import { takeOut } from './lib/take-out'

const HELP = `bun run remove-feature NAME… [--keep-tables]

Removes features for good: the folder with its tests, the line in src/features.ts, its page in docs/guide, its screens,
whatever is marked as its own elsewhere, and what nobody needs any more without it: files, packages, links. A migration
drops the tables with all they hold. users and auth stay: others build on them. Commit before, and read the difference.

  --keep-tables  leaves the tables where they are`

const { values, positionals } = readArguments(HELP, { 'keep-tables': { type: 'boolean' } }, true)
const fail = (line: string): never => {
  console.error(line)
  process.exit(1)
}
if (positionals.length === 0) fail('Name what goes: bun run remove-feature webhooks')
for (const name of positionals) {
  if (BASE.includes(name)) fail(`Others build on ${name}: it cannot go`)
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(join(ROOT, 'src/features', name))) fail(`There is no feature ${name}`)
}

const gone = await takeOut(positionals)
for (const path of gone.filter((one) => !positionals.some((name) => one.startsWith(`src/features/${name}/`))))
  console.log(`  ${path}`)
for (const name of positionals) console.log(`  src/features/${name}`)
if (!values['keep-tables']) {
  const made = await run(['bun', 'run', 'migrations:generate', '--name', `without-${positionals.join('-')}`])
  if (!made.ok) fail(`The migration that drops the tables failed:\n${made.output}`)
  console.log('  drizzle/: a migration drops the tables, if there were any')
}
console.log('\nThey are gone. Next: bun install, for the lock file, and bun run check.')
