import { parseArgs } from 'node:util'
import { run } from './lib/run'

const HELP = `bun run check [--fast] [--only STEP]

Everything a change has to pass, on the laptop as on the server: runs all steps, names those that fail.

  --fast       leaves out what takes minutes: the run without each feature
  --only STEP  one step: format, types, unused, migrations, start, prune, tests, coverage`

interface Step {
  name: string
  command: string[]
  /** Takes minutes. */
  slow?: boolean
}

const STEPS: Step[] = [
  { name: 'format', command: ['bunx', 'biome', 'check', '.'] },
  { name: 'types', command: ['bun', 'run', 'types'] },
  { name: 'unused', command: ['bunx', 'knip', '--no-progress', '--no-config-hints'] },
  { name: 'migrations', command: ['bun', 'scripts/migrations-check.ts'] },
  { name: 'start', command: ['bun', 'scripts/smoke.ts'] },
  { name: 'prune', command: ['bun', 'scripts/prune-check.ts'], slow: true },
  // A promise about time may be broken by a busy machine, but not three times in a row.
  // Towards the end, so that their summary is among the last things to be read.
  {
    name: 'tests',
    command: [
      'bun',
      'test',
      '--retry=2',
      '--timeout=60000',
      '--coverage',
      '--coverage-reporter=lcov',
      '--coverage-dir=coverage',
    ],
  },
  { name: 'coverage', command: ['bun', 'scripts/coverage.ts'] },
]

/** Lines of a failed step's output that are shown; all of the tests'. */
const SHOWN = 80

const { values } = parseArgs({
  options: { fast: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean' } },
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}
const chosen = STEPS.filter(({ name, slow }) => (values.only ? name === values.only : !(values.fast && slow)))
if (chosen.length === 0) {
  console.error(`There is no step ${values.only}; there are ${STEPS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const failed: string[] = []
let tests = { passed: 0, failed: 0 }
for (const { name, command } of chosen) {
  const isTests = name === 'tests'
  const { ok, output, seconds } = await run(command, { show: isTests })
  console.log(`${ok ? '✓' : '✗'} ${name.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s`)
  if (isTests) tests = count(output)
  if (ok && name === 'coverage') console.log(output.trimEnd())
  if (ok) continue
  failed.push(name)
  if (!isTests) console.log(output.trimEnd().split('\n').slice(-SHOWN).join('\n'))
}
if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`)
const broken = failed.filter((name) => name !== 'tests' || tests.failed === 0).length
console.log(`\n${tests.passed} passed, ${tests.failed + broken} failed`)
process.exit(failed.length > 0 ? 1 : 0)

/** What the test runner says at its end. */
function count(output: string) {
  const last = (word: string) => Number([...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}$`, 'gm'))].at(-1)?.[1] ?? 0)
  return { passed: last('pass'), failed: last('fail') }
}
