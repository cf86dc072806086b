import { carriedTogether } from '#adapters/queue/concurrency'
import { openQueue } from '#adapters/queue/open'
import { type App, defineFeature, defineJob, hours, systemContext } from '#core'
import { bookkeeping, enqueue } from '#db'
import { closeApp, openApp } from '../src/app'
import { loadConfig } from '../src/config'
import { median } from './harness'

/** One queue that is measured, in a process of its own: `bun bench/queue.ts '{"queue":"keel",…}'` prints what it found. */
export interface QueueTask {
  queue: 'bullmq' | 'keel'
  jobs: number
  dataDir: string
  /** Needed by bare BullMQ; makes Keel use it. */
  redisUrl?: string
  /** Keel takes nothing from its table but what a delivery asks for, however long it waits. */
  carriedOnly: boolean
}

export interface QueueResult {
  /** Jobs a second, from the worker's start to the end of the last one. */
  rate: number
  /** Microseconds of CPU per job in this process. */
  cpu: number
  /** Milliseconds from the commit of a job (or the answer to adding it) to its start: the median and the 99th percentile. */
  pickUp: number
  pickUp99: number
  /** CPU in percent of one core with a worker that has nothing to do. */
  idle: number
}

/** What both are given: jobs that are added in groups of 200, and 50 at a time that do nothing. */
const AT_ONCE = 200
const CONCURRENCY = 50
const PICK_UPS = 200
const IDLE_TIME = 5_000

interface Contestant {
  /** Adds jobs in one go. `added` is called when they are there. */
  add(count: number, added?: () => void): Promise<void>
  /** Resolves when as many jobs as that are with whoever carries them. */
  carried(count: number): Promise<void>
  work(): Promise<void>
  close(): Promise<void>
}

const keel = async ({ dataDir, redisUrl, carriedOnly }: QueueTask, run: () => void): Promise<Contestant> => {
  const job = defineJob<{ n: number }>('bench', { run: async () => run() })
  const secret = 'for this run only: 0123456789abcdef0123456789abcdef'
  const env = { NODE_ENV: 'test', DATA_DIR: dataDir, SECRET_KEY: secret, REDIS_URL: redisUrl }
  const base = await openApp(loadConfig(env), { features: [defineFeature({ name: 'bench', jobs: [job] })] })
  const queue = openQueue({ ...base, app: () => app }, carriedOnly ? { late: hours(1) } : {})
  const app: App = { ...base, queue }
  const ctx = systemContext(app, 'bench')
  return {
    add: (count, added) =>
      bookkeeping(ctx, async (tx) => {
        for (let n = 0; n < count; n++) await enqueue(tx, ctx, job, { n })
        if (added) tx.afterCommit(added)
      }),
    carried: async (count) => {
      if (!redisUrl) return
      const redis = new Bun.RedisClient(redisUrl)
      const deliveries = count / carriedTogether('default')
      while (Number(await redis.send('LLEN', ['keel:queue:default:wait'])) < deliveries) await Bun.sleep(20)
      redis.close()
    },
    work: () => app.queue.work(),
    close: async () => {
      await app.queue.drain(1_000)
      await closeApp(app)
    },
  }
}

const bullmq = async ({ redisUrl = '' }: QueueTask, run: () => void): Promise<Contestant> => {
  const [{ Queue, Worker }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')])
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue('bare', { connection, defaultJobOptions: { removeOnComplete: true } })
  let worker: { close(): Promise<void> } | undefined
  return {
    add: async (count, added) => {
      await queue.addBulk(Array.from({ length: count }, (_, n) => ({ name: 'bench', data: { n } })))
      added?.()
    },
    carried: async () => {},
    work: async () => {
      worker = new Worker('bare', async () => run(), { connection, concurrency: CONCURRENCY })
    },
    close: async () => {
      await worker?.close()
      await queue.close()
      await connection.quit()
    },
  }
}

const cpuTime = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

const measure = async (task: QueueTask): Promise<QueueResult> => {
  let onRun = () => {}
  const contestant = await (task.queue === 'keel' ? keel : bullmq)(task, () => onRun())

  for (let added = 0; added < task.jobs; added += AT_ONCE) await contestant.add(AT_ONCE)
  await contestant.carried(task.jobs)
  const drained = Promise.withResolvers<void>()
  let left = task.jobs
  onRun = () => {
    if (--left === 0) drained.resolve()
  }
  const [begun, cpuBefore] = [performance.now(), cpuTime()]
  await contestant.work()
  await drained.promise
  const [took, cpu] = [performance.now() - begun, cpuTime() - cpuBefore]

  await Bun.sleep(2_000)
  const waits: number[] = []
  for (let i = 0; i < PICK_UPS; i++) {
    await Bun.sleep(5)
    const started = Promise.withResolvers<number>()
    onRun = () => started.resolve(performance.now())
    let addedAt = 0
    await contestant.add(1, () => {
      addedAt = performance.now()
    })
    waits.push((await started.promise) - addedAt)
  }

  await Bun.sleep(1_000)
  const [restedFrom, cpuResting] = [performance.now(), cpuTime()]
  await Bun.sleep(IDLE_TIME)
  const idle = (cpuTime() - cpuResting) / 1000 / (performance.now() - restedFrom)
  await contestant.close()
  return {
    rate: (task.jobs / took) * 1000,
    cpu: cpu / task.jobs,
    pickUp: median(waits),
    pickUp99: waits.toSorted((a, b) => a - b)[Math.floor(PICK_UPS * 0.99)] ?? 0,
    idle: idle * 100,
  }
}

if (import.meta.main) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ''))))
  process.exit()
}
