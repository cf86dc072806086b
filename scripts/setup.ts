import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readArguments } from './lib/arguments'
import { BASE, leavesOf } from './lib/feature-names'
import { startMigrationsAnew } from './lib/fresh-migrations'
import { nameProject, SLUG, titleOf } from './lib/name-project'
import { ROOT, run } from './lib/run'
import { writeSettings } from './lib/settings'
import { takeOut } from './lib/take-out'

const HELP = `bun run setup [--name NAME] [--title TITLE] [--without A,B,…] [--yes]

Makes a copy of Keel a project of its own; \`bun create\` runs it by itself. Names the project, removes the features that
it does not need, with tables, tests and documents, begins its migrations anew, and writes .env with fresh secrets.
Asks on a terminal for what is not given.

  --name NAME      in lower case with dashes; the name of the folder unless told
  --title TITLE    as people read it: "My Shop" for my-shop, unless told
  --without A,B,…  features to remove, or \`all\`; also from the environment, as WITHOUT=A,B
  --yes            asks nothing
  --no-install     leaves node_modules and bun.lock as they are`

const { values } = readArguments(HELP, {
  name: { type: 'string' },
  title: { type: 'string' },
  without: { type: 'string' },
  yes: { type: 'boolean' },
  'no-install': { type: 'boolean' },
})
const fail = (line: string): never => {
  console.error(line)
  process.exit(1)
}

const manifest = await Bun.file(join(ROOT, 'package.json')).json()
const asks = process.stdin.isTTY && !values.yes
const answer = (question: string, otherwise: string) => (asks ? (prompt(question, otherwise) ?? otherwise) : otherwise)

const folder = ROOT.split('/').at(-1) ?? ''
const name = values.name ?? answer('Name of the project:', manifest.name === 'keel' ? folder : manifest.name)
if (!SLUG.test(name) || name === 'keel')
  fail('Name the project, in lower case with dashes: bun run setup --name my-shop')

const leaves = await leavesOf()
const given = values.without ?? process.env.WITHOUT
if (given === undefined && asks) console.log(`Besides ${BASE.join(' and ')} there are: ${leaves.join(', ')}.`)
const listed = (given ?? answer('Which of them do you not need? (A,B,… or all; empty keeps all)', '')).trim()
const without = listed === 'all' ? leaves : listed.split(/[\s,]+/).filter((word) => word !== '')
const unknown = without.filter((word) => !leaves.includes(word))
if (unknown.length > 0) fail(`Not a feature that can go: ${unknown.join(', ')}; there are ${leaves.join(', ')}`)

const said = (line: string) => console.log(`  ${line}`)
const title = values.title ?? titleOf(name)
console.log(`\n${title}`)
// First, so that what is cut from documents is cut from its own ones, too.
await nameProject(name, title, manifest.version)
const gone = await takeOut([...without, 'bench', 'setup'])
said(without.length > 0 ? `without ${without.join(', ')}: ${gone.length} files are gone` : 'with every feature')
// What `bun create` copies along, although git would not.
for (const made of ['data', 'coverage', '.env.local']) rmSync(join(ROOT, made), { recursive: true, force: true })
const migrations = await startMigrationsAnew()
if (!migrations.ok) fail(`The migrations could not be made:\n${migrations.output}`)
said('drizzle/ begins anew')
await writeSettings(title)
said('.env has fresh secrets')
if (!values['no-install']) {
  const installed = await run(['bun', 'install'])
  if (!installed.ok) fail(`bun install failed:\n${installed.output}`)
}
await run(['bunx', 'biome', 'check', '--write', '.'])
await keepAsFirstCommit()
console.log('\nNext: bun dev, and bun test. What belongs to you now: README.md, SECURITY.md, LICENSE.')

/** `bun create` has committed the copy before it was set up. */
async function keepAsFirstCommit() {
  if (!existsSync(join(ROOT, '.git'))) return
  const history = await run(['git', 'log', '--format=%s'])
  if (history.output.trim() !== 'Initial commit (via bun create)') return
  await run(['git', 'add', '--all'])
  await run(['git', 'commit', '--amend', '--quiet', '--message', `Begin with Keel ${manifest.version}`])
}
