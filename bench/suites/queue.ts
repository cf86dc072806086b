import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import pkg from '../../package.json'
import { hasRedis, startRedis } from '../../tests/support/services'
import { ownVersions } from '../contenders'
import { median } from '../harness'
import type { QueueResult, QueueTask } from '../queue'
import type { Suite } from '../suite'

const JOBS = 10_000
const MAX_ROUNDS = 5
const MIN_RATE_VERSUS_BULLMQ = 2
const MIN_RATE_OVER_REDIS = 0.5
const MAX_PICK_UP = 1
const MAX_IDLE = 1

const CONTENDERS = [
  { name: 'BullMQ, bare', queue: 'bullmq', redis: true, carriedOnly: false },
  { name: 'Keel, embedded', queue: 'keel', redis: false, carriedOnly: false },
  { name: 'Keel over Redis', queue: 'keel', redis: true, carriedOnly: false },
  { name: 'Keel over Redis, by deliveries alone', queue: 'keel', redis: true, carriedOnly: true },
] as const

const run = async (task: QueueTask): Promise<QueueResult> => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '../queue.ts'), JSON.stringify(task)], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const output = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`${task.queue} did not end its jobs`)
  return JSON.parse(output)
}

const middle = (results: readonly QueueResult[], of: (result: QueueResult) => number) => median(results.map(of))
/** Round by round, so that a slow minute of the machine hits both sides. */
const faster = (left: readonly QueueResult[], right: readonly QueueResult[]) =>
  median(left.flatMap((result, i) => (right[i] ? [result.rate / right[i].rate] : [])))
const times = (factor: number) => `${factor.toFixed(2)} ×`

export const queue: Suite = {
  summary: 'jobs: drain rate, pick-up and idle cost beside bare BullMQ on a local Redis',
  async run({ rounds: wanted, workdir, say }) {
    if (!hasRedis) throw new Error('This suite needs a redis-server')
    const rounds = Math.min(wanted, MAX_ROUNDS)
    const results: QueueResult[][] = CONTENDERS.map(() => [])
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`)
      const order = CONTENDERS.map((_, i) => i)
      for (const i of round % 2 ? order.toReversed() : order) {
        const contender = CONTENDERS[i]
        if (!contender) continue
        const server = contender.redis ? await startRedis() : undefined
        try {
          const dataDir = mkdtempSync(join(workdir, 'queue-'))
          const redisUrl = server && { redisUrl: server.url }
          results[i]?.push(await run({ ...contender, jobs: JOBS, dataDir, ...redisUrl }))
        } finally {
          await server?.stop()
        }
      }
    }
    const [bare = [], embedded = [], , over = []] = results
    const versus = faster(embedded, bare)
    const overRedis = faster(over, bare)
    const pickUp = middle(embedded, (result) => result.pickUp)
    const idle = middle(embedded, (result) => result.idle)
    return {
      suite: 'queue',
      title: 'background jobs',
      notes: [
        `${JOBS} jobs that do nothing wait when the worker starts, 50 run at a time, each contender in a process of its own. The rate is from the start of the worker to the end of the last job. Pick-up is from the commit of one job (bare BullMQ: from the answer to adding it) to its start, with a worker that has nothing else to do. Idle is the CPU of that process at rest, in percent of one core.`,
        'Not the same promise: a job of Keel is a row, written in the transaction that asks for it and on disk when it commits; the Redis of this run keeps everything in memory and loses it when it ends.',
        'Keel over Redis: BullMQ carries word of the jobs to the workers; what has waited for two seconds a free worker takes from the table besides. By deliveries alone: it takes nothing that it was not told of.',
        `Medians of ${rounds} interleaved rounds; ratios are medians of the ratios within a round. Redis runs beside, on the same machine, and its CPU is not counted.`,
      ],
      versions: { ...ownVersions(), bullmq: pkg.dependencies.bullmq, ioredis: pkg.dependencies.ioredis },
      columns: ['queue', 'jobs/s', '× bare BullMQ', 'CPU µs/job', 'pick-up p50 ms', 'pick-up p99 ms', 'idle CPU %'],
      rows: CONTENDERS.map(({ name }, i) => {
        const all = results[i] ?? []
        return [
          name,
          String(Math.round(middle(all, (result) => result.rate))),
          times(faster(all, bare)),
          middle(all, (result) => result.cpu).toFixed(0),
          middle(all, (result) => result.pickUp).toFixed(2),
          middle(all, (result) => result.pickUp99).toFixed(2),
          middle(all, (result) => result.idle).toFixed(2),
        ]
      }),
      targets: [
        {
          promise: `embedded: at least ${MIN_RATE_VERSUS_BULLMQ} × the rate of bare BullMQ`,
          measured: times(versus),
          holds: versus >= MIN_RATE_VERSUS_BULLMQ,
        },
        {
          promise: 'over Redis, by deliveries alone: at least half the rate of bare BullMQ',
          measured: times(overRedis),
          holds: overRedis >= MIN_RATE_OVER_REDIS,
        },
        {
          promise: `embedded: picked up within ${MAX_PICK_UP} ms`,
          measured: `${pickUp.toFixed(2)} ms`,
          holds: pickUp < MAX_PICK_UP,
        },
        {
          promise: `embedded: idle below ${MAX_IDLE} % of a core`,
          measured: `${idle.toFixed(2)} %`,
          holds: idle < MAX_IDLE,
        },
      ],
    }
  },
}
