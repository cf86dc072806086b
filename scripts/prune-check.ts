import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { dependentsOf } from './lib/dependents'
import { keptFiles } from './lib/files'
import { ROOT, run } from './lib/run'

const HELP = `bun run prune-check [NAME…] [--full]

Proves that a feature can be deleted: in a copy of the repository it removes the folder and its line in
src/features.ts, and what lies outside and imports it, such as its commands. Then types, architecture and the account's
journey have to pass. It does so for each leaf (or those named), and for all of them at once, then with the tests of
the features that stay. Documents are not looked at: they go on telling of what is gone. The admin page is written against the whole API and is not looked at: its screens of what is gone are
not shown.

  --full  runs every test that is left (takes long; those of the edge take routes of some leaves as their examples)`

/** The two features that others build on. */
const BASE = ['users', 'auth']
const LINE = /from '#features\/([\w-]+)'/

const { values, positionals } = parseArgs({
  options: { full: { type: 'boolean' }, help: { type: 'boolean' } },
  allowPositionals: true,
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const list = await Bun.file(join(ROOT, 'src/features.ts')).text()
const leaves = list
  .split('\n')
  .flatMap((line) => LINE.exec(line)?.[1] ?? [])
  .filter((name) => !BASE.includes(name))
const chosen = positionals.length > 0 ? positionals : leaves
const unknown = chosen.filter((name) => !leaves.includes(name))
if (unknown.length > 0) {
  console.error(`Not a leaf feature: ${unknown.join(', ')}; there are ${leaves.join(', ')}`)
  process.exit(2)
}

if (chosen.length === 0) console.log('There is no leaf feature: nothing to remove')
const failures: string[] = []
for (const name of chosen)
  await without(name, [name], values.full ? [] : ['tests/architecture.test.ts', 'tests/journeys/account.test.ts'])
if (chosen.length > 1)
  await without(
    'every leaf',
    chosen,
    values.full ? [] : ['tests/architecture.test.ts', 'tests/journeys/account.test.ts', 'src/features'],
  )
if (failures.length > 0) console.error(`\nCannot be removed cleanly: ${failures.join(', ')}`)
process.exit(failures.length > 0 ? 1 : 0)

async function without(title: string, names: string[], tests: string[]) {
  const begun = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'keel-pruned-'))
  try {
    await copy(folder)
    for (const name of names) {
      rmSync(join(folder, 'src/features', name), { recursive: true })
      for (const path of await dependentsOf(name, await keptFiles(), ROOT)) rmSync(join(folder, path), { force: true })
    }
    await Bun.write(
      join(folder, 'src/features.ts'),
      list
        .split('\n')
        .filter((line) => !names.includes(LINE.exec(line)?.[1] ?? ''))
        .join('\n'),
    )
    const fault = await faultIn(folder, tests)
    console.log(
      `${fault ? '✗' : '✓'} without ${title.padEnd(16)} ${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s`,
    )
    if (!fault) return
    failures.push(title)
    console.error(fault)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function faultIn(folder: string, tests: string[]) {
  const types = await run(['bunx', 'tsc', '--noEmit'], { cwd: folder })
  if (!types.ok) return types.output.trimEnd().split('\n').slice(0, 20).join('\n')
  const tested = await run(['bun', 'test', '--retry=2', '--timeout=60000', ...tests], {
    cwd: folder,
    env: { PRUNED: '1' },
  })
  if (!tested.ok)
    return tested.output
      .split('\n')
      .filter((line) => !line.startsWith('(pass)'))
      .slice(-80)
      .join('\n')
  return undefined
}

/** The repository, with the installed packages linked. */
async function copy(folder: string) {
  for (const path of await keptFiles()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(ROOT, path), join(folder, path))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}
