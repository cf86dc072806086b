import { eq } from 'drizzle-orm'
import { openQueue } from '#adapters/queue/open'
import { type Job, jobs } from '#adapters/queue/schema'
import {
  type App,
  type Context,
  contextOf,
  defineFeature,
  defineJob,
  type EnqueueOptions,
  type Feature,
  type JobOptions,
  type JobType,
} from '#core'
import { bookkeeping } from '#db'
import { type TestApp, testApp } from './app'
import { stoppedClock } from './clock'
import { startLibsqlServer } from './hrana'
import { hasRedis, type RedisServer, startRedis } from './services'

interface QueueDriver {
  name: string
  /** Before the first test. */
  start?: () => Promise<void>
  env: () => Record<string, string>
  stop?: () => Promise<void>
}

/** Every driver of the queue keeps the same promises. `env` makes the settings that choose it. */
export const queueDrivers: QueueDriver[] = [
  { name: 'embedded, on a database file', env: () => ({}) },
  libsql(),
  ...(hasRedis ? [bullmq('a database file'), bullmq('a libSQL server', libsql())] : []),
]

function bullmq(database: string, below?: QueueDriver): QueueDriver {
  let redis: RedisServer | undefined
  return {
    name: `BullMQ, on ${database}`,
    start: async () => {
      redis = await startRedis()
    },
    env: () => ({ ...below?.env(), REDIS_URL: redis?.url ?? '' }),
    stop: async () => {
      await below?.stop?.()
      await redis?.stop()
    },
  }
}

function libsql(): QueueDriver {
  const servers: ReturnType<typeof startLibsqlServer>[] = []
  return {
    name: 'embedded, on a libSQL server',
    env: () => {
      const server = startLibsqlServer()
      servers.push(server)
      return { DATABASE_URL: server.url }
    },
    stop: async () => {
      for (const server of servers.splice(0)) await server.stop()
    },
  }
}

/** What a test job saw. */
export interface Seen {
  payload: unknown
  actor: string
  requestId: string | null
  id: string
  attempt: number
}

/** A job that notes each run, and then does what the test wants. */
export const notingJob = (name: string, options: Partial<JobOptions<{ n: number }>> = {}) => {
  const seen: Seen[] = []
  const job = defineJob<{ n: number }>(name, {
    ...options,
    run: async (ctx, payload, task) => {
      const actor = ctx.actor.type === 'system' ? ctx.actor.name : ctx.actor.type
      seen.push({ payload, actor, requestId: ctx.requestId, id: task.id, attempt: task.attempt })
      await options.run?.(ctx, payload, task)
    },
  })
  return { job, seen }
}

export interface QueueStage extends TestApp {
  ctx: () => Context
  /** Adds a job in a transaction of its own. */
  add: <P>(job: JobType<P>, payload: P, options?: EnqueueOptions) => Promise<string>
  row: (id: string) => Promise<Job>
  rows: () => Promise<Job[]>
  /** A second process's queue on the same tables. */
  another: (features: readonly Feature[], timing?: { lease?: number; poll?: number }) => App['queue']
}

/** An App with one feature, made of these jobs and schedules, whose clock stands still. */
export const queueStage = async (env: Record<string, string>, feature: Omit<Feature, 'name'>): Promise<QueueStage> => {
  const stage = await testApp({
    features: [defineFeature({ name: 'stage', ...feature })],
    clock: stoppedClock(),
    env,
  })
  const { app } = stage
  const ctx = () => contextOf(app, { actor: { type: 'system', name: 'test' }, requestId: 'request-1' })
  const rows = () => app.db.select().from(jobs).orderBy(jobs.id)
  return {
    ...stage,
    ctx,
    rows,
    add: async (job, payload, options) => {
      const id = await bookkeeping(ctx(), (tx) => app.queue.enqueue(tx, ctx(), job, payload, options))
      if (!id) throw new Error('The job was not added')
      return id
    },
    row: async (id) => {
      const [row] = await app.db.select().from(jobs).where(eq(jobs.id, id))
      if (!row) throw new Error(`There is no job ${id}`)
      return row
    },
    another: (features, timing) => openQueue({ ...app, app: () => app, features }, timing),
  }
}

/** Looks again and again until it is so; the test's time limit ends it. For what really takes time. */
export const until = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await Bun.sleep(2)
}
