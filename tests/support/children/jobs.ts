import { sql } from 'drizzle-orm'
import { openQueue } from '#adapters/queue/open'
import {
  type App,
  type Context,
  defineEvent,
  defineFeature,
  defineJob,
  seconds,
  systemContext,
  type Task,
  t,
} from '#core'
import { bookkeeping, enqueue, journal, type Tx, transaction } from '#db'
import { closeApp, openApp } from '../../../src/app'
import { loadConfig } from '../../../src/config'

/**
 * A process with the real App and a few jobs, to be killed. `role`: `work` (stops on SIGTERM), `add count=3 poison=1` (adds jobs),
 * `commit` (commits a change, its event and its jobs, and is dead before anything else happens), `write` (changes, each
 * with its event, until it is killed).
 */
const [dataDir = '', role = ''] = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)
const die = () => process.kill(process.pid, 'SIGKILL')

/** The effect of a job: its id is the key that makes a second run visible, and harmless. */
const leaveEffect = (ctx: Context, { id }: Pick<Task, 'id'>, name: string) =>
  bookkeeping(ctx, async (tx) => {
    await tx.run(sql`INSERT INTO effects VALUES (${id}, ${name}, 1) ON CONFLICT DO UPDATE SET runs = runs + 1`)
  })

const count = defineJob<{ n: number }>('count', { run: (ctx, _payload, task) => leaveEffect(ctx, task, 'count') })
const follow = defineJob<{ eventId: string }>('follow', {
  run: (ctx, _payload, task) => leaveEffect(ctx, task, 'follow'),
})
/** Hangs the first time, and says so. */
const hang = defineJob<{ n: number }>('hang', {
  run: async (ctx, _payload, task) => {
    say(`hanging ${task.attempt}`)
    if (task.attempt === 1 && role === 'work') await new Promise(() => {})
    await leaveEffect(ctx, task, 'hang')
  },
})
/** Still runs when the process is told to stop, and ends soon after. */
const finish = defineJob<{ n: number }>('finish', {
  run: async (ctx, _payload, task) => {
    say('finishing')
    await Bun.sleep(400)
    await leaveEffect(ctx, task, 'finish')
  },
})
/** Listens to the signal, and gives up. */
const polite = defineJob<{ n: number }>('polite', {
  run: (_ctx, _payload, { signal }) =>
    new Promise((_, reject) => {
      say('waiting politely')
      signal.addEventListener('abort', () => reject(signal.reason))
    }),
})
const poison = defineJob<{ n: number }>('poison', { maxAttempts: 3, run: async () => void die() })

const changed = defineEvent('change.made', {
  payload: t.Object({ n: t.Integer() }),
  subject: ({ n }) => ({ type: 'change', id: String(n) }),
  summary: 'made a change',
})

const feature = defineFeature({
  name: 'faults',
  events: [changed],
  jobs: [count, hang, finish, polite, poison],
  on: [{ events: ['change.made'], job: follow }],
})

const config = loadConfig({
  NODE_ENV: 'test',
  DATA_DIR: dataDir,
  SECRET_KEY: 'for tests only: 0123456789abcdef0123456789',
  REDIS_URL: process.env.REDIS_URL,
})
const base = await openApp(config, { features: [feature] })
const queue = openQueue({ ...base, app: () => app }, { lease: 600, poll: 50 })
const app: App = { ...base, queue }
const ctx = systemContext(app, 'child')
await bookkeeping(app, async (tx) => {
  await tx.run(sql`CREATE TABLE IF NOT EXISTS effects (id TEXT PRIMARY KEY, name TEXT, runs INTEGER)`)
  await tx.run(sql`CREATE TABLE IF NOT EXISTS changes (n INTEGER PRIMARY KEY)`)
})

const change = async (tx: Tx, n: number) => {
  await tx.run(sql`INSERT INTO changes VALUES (${n})`)
  await journal.record(tx, ctx, changed, { n })
}

const stop = async () => {
  await queue.drain(seconds(2))
  await closeApp(app)
  process.exit(0)
}

if (role === 'work') {
  process.on('SIGTERM', stop)
  await queue.work()
  say('ready')
}
if (role === 'add') {
  const jobs = { count, hang, finish, polite, poison }
  await bookkeeping(app, async (tx) => {
    for (const [name, job] of Object.entries(jobs)) {
      const wanted = process.argv
        .slice(4)
        .find((arg) => arg.startsWith(`${name}=`))
        ?.split('=')[1]
      for (let n = 0; n < Number(wanted ?? 0); n++) await enqueue(tx, ctx, job, { n })
    }
  })
  await queue.drain(0)
  await closeApp(app)
}
if (role === 'commit') {
  await queue.work()
  await transaction(app, async (tx) => {
    await change(tx, 1)
    tx.afterCommit(die)
  })
}
if (role === 'write') {
  const { n: first } = await app.db.get<{ n: number }>(sql`SELECT coalesce(max(n), 0) + 1 AS n FROM changes`)
  for (let n = first; ; n += 8) {
    await Promise.all(Array.from({ length: 8 }, (_, k) => transaction(app, (tx) => change(tx, n + k))))
    say(String(n + 7))
  }
}
