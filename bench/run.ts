import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hottest } from './profile'
import { render, save } from './report'
import type { Suite } from './suite'
import { backup } from './suites/backup'
import { erasure } from './suites/erasure'
import { exporting } from './suites/export'
import { idle } from './suites/idle'
import { images } from './suites/images'
import { me } from './suites/me'
// <admin-page>
import { page } from './suites/page'
// </admin-page>
import { people } from './suites/people'
import { queue } from './suites/queue'
import { start } from './suites/start'
import { storm } from './suites/storm'
import { streams } from './suites/streams'
import { webhooks } from './suites/webhooks'

const SUITES: Record<string, Suite> = {
  me,
  start,
  idle,
  people,
  erasure,
  queue,
  webhooks,
  streams,
  images,
  export: exporting,
  backup,
  storm,
  // <admin-page>
  page,
  // </admin-page>
}
const RESULTS = join(import.meta.dir, 'results.md')

const HELP = `Usage: bun run bench [suite…] [options]

Measures Keel beside its peers and writes what it finds to bench/results.md. Without a name, every suite runs.

Suites
${Object.entries(SUITES)
  .map(([name, suite]) => `  ${name.padEnd(10)}${suite.summary}`)
  .join('\n')}

Options
  --rounds N     turns per server (default 7)
  --seconds N    length of a turn (default 1)
  --no-write     print only, leave bench/results.md alone
  --strict       exit with 1 when a target does not hold
  --profile DIR  leave a CPU profile of Keel in DIR and print what costs most; the numbers get worse by it and are not written
  --help         this text`

const options = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '1' },
      'no-write': { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds has to be a whole number from 1')
  if (!(seconds > 0)) throw new Error('--seconds has to be a number above 0')
  const unknown = positionals.find((name) => !Object.hasOwn(SUITES, name))
  if (unknown) throw new Error(`There is no suite ${unknown}: pick from ${Object.keys(SUITES).join(', ')}`)
  const chosen = positionals.length > 0 ? positionals : Object.keys(SUITES)
  return { ...values, rounds, seconds, chosen }
}

/** Returns the exit code. */
const main = async (): Promise<number> => {
  const { chosen, help, profile, rounds, seconds, strict, 'no-write': dry } = options()
  if (help) {
    console.log(HELP)
    return 0
  }
  if (!existsSync('/proc/self/stat')) throw new Error('The benchmark reads CPU times from /proc: it needs Linux')
  const workdir = mkdtempSync(join(tmpdir(), 'keel-bench-'))
  if (profile) mkdirSync(profile, { recursive: true })
  let missed = 0
  try {
    for (const name of chosen) {
      const say = (line: string) => console.error(`${name}: ${line}`)
      const [load = 0] = loadavg()
      const section = await SUITES[name]?.run({ rounds, seconds, workdir, profileDir: profile, say })
      if (!section) continue
      const markdown = render(section, new Date(), load)
      console.log(`\n${markdown}\n`)
      if (!dry && !profile) save(RESULTS, name, markdown)
      missed += section.targets.filter((target) => !target.holds).length
    }
    if (profile) console.log(hottest(profile).join('\n'))
  } finally {
    rmSync(workdir, { recursive: true, force: true })
  }
  return strict && missed > 0 ? 1 : 0
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  return 1
})
