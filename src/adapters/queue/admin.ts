import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import type { Due } from './carrier'
import { listSchedules, runSchedule } from './schedules'
import { type Job, type JobStatus, jobs, pausedQueues } from './schema'
import { countByQueue } from './stats'

export interface JobFilter {
  queue?: string | undefined
  status?: JobStatus | undefined
}

/** What those who look after the queue may do. `announce` tells workers what is due, or that they should look. */
export const createAdmin = (announce: (due: readonly Due[]) => void) => ({
  /** The table, to be read only: page through it by `id`, which rises with time. */
  jobs,
  where: jobsWhere,
  find: findJob,
  retry: async (tx: Tx, ctx: Pick<Context, 'now'>, id: string) => {
    const job = await retryJob(tx, ctx, id)
    if (job) tx.afterCommit(() => announce([job]))
    return job
  },
  discard: discardJob,
  queues: listQueues,
  pause: pauseQueue,
  resume: async (tx: Tx, name: string) => {
    tx.afterCommit(() => announce([]))
    return resumeQueue(tx, name)
  },
  running: listRunning,
  schedules: listSchedules,
  runSchedule,
})

export type QueueAdmin = ReturnType<typeof createAdmin>

/** The condition of a list of jobs; page through it by `jobs.id`, which rises with time. */
const jobsWhere = ({ queue, status }: JobFilter): SQL | undefined =>
  and(queue === undefined ? undefined : eq(jobs.queue, queue), status === undefined ? undefined : STATES[status])

/** One job. Nothing if it is unknown or was removed after it was done. */
const findJob = async (ctx: Pick<Context, 'db'>, id: string): Promise<Job | undefined> =>
  (await ctx.db.select().from(jobs).where(eq(jobs.id, id)))[0]

/** Lets a job that is dead, or waits for its time, run now, with all its attempts before it. Nothing if it is not such a job. */
const retryJob = async (tx: Tx, ctx: Pick<Context, 'now'>, id: string): Promise<Job | undefined> => {
  const retried = await tx
    .update(jobs)
    .set({ status: 'waiting', runAt: ctx.now, attempts: 0, finishedAt: null })
    .where(and(eq(jobs.id, id), inArray(jobs.status, ['scheduled', 'failed', 'dead'])))
    .returning()
  return retried[0]
}

/** Removes a job for good. Nothing if there is none, or it is running. */
const discardJob = async (tx: Tx, id: string): Promise<Job | undefined> => {
  const resting = inArray(jobs.status, ['scheduled', 'waiting', 'failed', 'dead', 'done'])
  return (
    await tx
      .delete(jobs)
      .where(and(eq(jobs.id, id), resting))
      .returning()
  )[0]
}

/** Keeps every process from taking jobs of a queue; those that run go on. */
const pauseQueue = async (tx: Tx, ctx: Pick<Context, 'now'>, name: string) =>
  void (await tx.insert(pausedQueues).values({ name, pausedAt: ctx.now }).onConflictDoNothing())

const resumeQueue = async (tx: Tx, name: string) =>
  void (await tx.delete(pausedQueues).where(eq(pausedQueues.name, name)))

export interface QueueState {
  name: string
  paused: boolean
  /** Due or not. */
  waiting: number
  running: number
  /** Dead letters, and jobs between two attempts. */
  failed: number
}

/** The queues that features use or rows are in, by name. */
const listQueues = async (ctx: Pick<Context, 'db' | 'features'>): Promise<QueueState[]> => {
  const counts = await countByQueue(ctx.db)
  const paused = await ctx.db.select({ name: pausedQueues.name }).from(pausedQueues)
  const used = ctx.features.flatMap(({ jobs: types = [] }) => types.map(({ queue }) => queue))
  const names = new Set([...used, ...counts.map(({ queue }) => queue), ...paused.map(({ name }) => name)])
  return [...names].sort().map((name) => {
    const sum = (...statuses: JobStatus[]) =>
      counts
        .filter(({ queue, status }) => queue === name && statuses.includes(status))
        .reduce((total, { count }) => total + count, 0)
    return {
      name,
      paused: paused.some((each) => each.name === name),
      waiting: sum('waiting', 'scheduled'),
      running: sum('running'),
      failed: sum('failed', 'dead'),
    }
  })
}

/** What runs at the moment, and which worker (host/process/number) has said until when that it does. */
const listRunning = (ctx: Pick<Context, 'db'>) =>
  ctx.db
    .select({
      id: jobs.id,
      name: jobs.name,
      worker: jobs.leasedBy,
      leasedUntil: jobs.leasedUntil,
      progress: jobs.progress,
    })
    .from(jobs)
    .where(STATES.running)

// Spelled out, not bound: SQLite uses a partial index only when it sees its condition.
const STATES: Record<JobStatus, SQL> = {
  scheduled: sql`status = 'scheduled' and status in ('scheduled', 'failed')`,
  failed: sql`status = 'failed' and status in ('scheduled', 'failed')`,
  waiting: sql`status = 'waiting'`,
  running: sql`status = 'running'`,
  done: sql`status = 'done'`,
  dead: sql`status = 'dead'`,
}
