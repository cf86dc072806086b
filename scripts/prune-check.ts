import { readArguments } from './lib/arguments'
import { leavesOf } from './lib/feature-names'
import { projectCopy } from './lib/project-copy'
import { run } from './lib/run'

const HELP = `bun run prune-check [NAME…] [--full]

Proves that a feature can be removed: in a copy of the repository it runs \`remove-feature\`, and then types (the admin
page's, too), rules, unused code, documents and the account's journey have to pass. It does so for each leaf (or those
named), two at a time; and \`setup\` without any leaf has to make a project in which every test that is left passes.

  --full  every test that is left for each of them, too; takes long`

/** Copies that are looked at side by side. */
const LANES = 2
const FEW = ['tests/architecture.test.ts', 'tests/journeys/account.test.ts', 'scripts/seed.test.ts']

const { values, positionals } = readArguments(HELP, { full: { type: 'boolean' } }, true)
const leaves = await leavesOf()
const chosen = positionals.length > 0 ? positionals : leaves
const unknown = chosen.filter((name) => !leaves.includes(name))
if (unknown.length > 0) {
  console.error(`Not a leaf feature: ${unknown.join(', ')}; there are ${leaves.join(', ')}`)
  process.exit(2)
}
if (chosen.length === 0) console.log('There is no leaf feature: nothing to remove')

const failures: string[] = []
const takeOut = ['bun', 'scripts/remove-feature.ts']
const setUp = ['bun', 'scripts/setup.ts', '--name', 'pruned', '--without', 'all', '--yes', '--no-install']
const waiting = chosen.map((name) => ({ title: name, command: [...takeOut, name], tests: values.full ? [] : FEW }))
// The longest first.
if (positionals.length === 0) waiting.unshift({ title: 'every leaf', command: setUp, tests: [] })
await Promise.all(
  Array.from({ length: LANES }, async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await without(next)
  }),
)
if (failures.length > 0) console.error(`\nCannot be removed cleanly: ${failures.join(', ')}`)
process.exit(failures.length > 0 ? 1 : 0)

async function without({ title, command, tests }: (typeof waiting)[number]) {
  const begun = performance.now()
  const { path, remove } = await projectCopy()
  try {
    const fault = await faultIn(path, command, tests)
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(6)
    console.log(`${fault ? '✗' : '✓'} without ${title.padEnd(16)} ${seconds} s`)
    if (!fault) return
    failures.push(title)
    console.error(fault)
  } finally {
    remove()
  }
}

async function faultIn(folder: string, removal: string[], tests: string[]) {
  for (const command of [
    removal,
    ['bun', 'run', 'types'],
    ['bunx', 'biome', 'check', '.'],
    ['bunx', 'knip', '--no-progress', '--no-config-hints'],
    ['bun', 'test', '--retry=2', '--timeout=60000', ...tests],
  ]) {
    const { ok, output } = await run(command, { cwd: folder })
    if (!ok)
      return output
        .split('\n')
        .filter((line) => !line.startsWith('(pass)') && !line.startsWith('(skip)'))
        .slice(-80)
        .join('\n')
  }
  return undefined
}
