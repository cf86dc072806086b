import { seedPeople } from '../src/features/users'
import { readArguments } from './lib/arguments'
import { Refusal, withApp } from './lib/with-app'

const HELP = `bun run seed [--demo] [--users N] [--seed S] [--force]

Puts in place what has to be there: the built-in roles. Safe to repeat; the server does the same when it starts.

  --demo     also adds made-up people, the same ones for the same seed; nobody can sign in as them
  --users N  how many, 10000 unless told; those who are there already are kept
  --seed S   another whole number makes other people, 1 unless told
  --force    in production, too`

const { values } = readArguments(HELP, {
  demo: { type: 'boolean' },
  users: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
  force: { type: 'boolean' },
})

const whole = (text: string, name: string) => {
  if (!/^\d{1,7}$/.test(text)) throw new Refusal(`--${name} has to be a whole number up to 9999999`)
  return Number(text)
}

const WIDTH = 30
/** On a terminal a bar that grows, elsewhere a line now and then. */
const bar = (done: number, all: number) => {
  if (!process.stderr.isTTY) {
    if (done === all) console.error(`  ${done} of ${all}`)
    return
  }
  const filled = Math.round((WIDTH * done) / Math.max(1, all))
  process.stderr.write(`\r  ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done} of ${all}`)
  if (done === all) process.stderr.write('\n')
}

await withApp('seed', async (ctx, app) => {
  console.log('Roles are in place.')
  if (!values.demo) return
  if (app.config.production && !values.force)
    throw new Refusal('Demo people do not belong into production. If you mean it: --force')
  const added = await seedPeople(ctx, { count: whole(values.users, 'users'), seed: whole(values.seed, 'seed') }, bar)
  console.log(`${added} people added.`)
})
