import { Cron } from 'croner'
import { eq } from 'drizzle-orm'
import { type App, type Config, type Context, type Feature, later, type Schedule, type Tx } from '#core'
import { bookkeeping } from '#db'
import type { Due } from './carrier'
import { addJob } from './rows'
import { jobs, schedules } from './schema'

/** Turns the clock of a schedule. All in UTC. */
const cronOf = (schedule: Schedule, config: Config) => {
  const { name } = schedule
  const cron = wordsOf(schedule, config)
  try {
    return new Cron(cron, { timezone: 'UTC', mode: '5-part', paused: true })
  } catch (cause) {
    throw new Error(`The schedule ${name} has no valid cron expression: ${cron}`, { cause })
  }
}

const wordsOf = ({ cron }: Schedule, config: Config) => (typeof cron === 'string' ? cron : cron(config))

/** The last tick that is not later than `now`. */
const latestTick = (cron: Cron, now: Date): Date | undefined => cron.previousRuns(1, later(now, 1))[0]

/**
 * Fires what is due: of the ticks that were missed only the latest, and each only once however many processes try.
 * A schedule that is seen for the first time starts with the first tick after `start`.
 */
export const createSchedules = (app: Pick<App, 'database' | 'features' | 'config'>, start: Date) => {
  const all = schedulesOf(app.features).map((schedule) => ({ schedule, cron: cronOf(schedule, app.config) }))
  let since = start
  let lookedAt: Date | undefined
  let next: Date | undefined

  /** The next moment to look. */
  const nextAt = () => next

  /** Adds a job for each schedule that has ticked since it last did. Returns those. */
  const fire = async (now: Date): Promise<Due[]> => {
    // A clock that was set back makes us look again: `next` may lie far ahead of it.
    if (lookedAt && next && now >= lookedAt && now < next) return []
    const added: Due[] = []
    if (now < since) since = now
    for (const { schedule, cron } of all) {
      const tick = latestTick(cron, now)
      const id = tick && (await fireOne(app, schedule, tick, now, since))
      if (id) added.push({ id, queue: schedule.job.queue, attempts: 0 })
    }
    lookedAt = now
    next = all
      .map(({ cron }) => cron.nextRun(now))
      .filter((date) => date !== null)
      .reduce<Date | undefined>((first, date) => (first && first <= date ? first : date), undefined)
    return added
  }
  return { fire, nextAt, any: all.length > 0 }
}

const fireOne = async (app: Pick<App, 'database'>, { name, job }: Schedule, tick: Date, now: Date, since: Date) => {
  const [last] = await app.database.reader.select().from(schedules).where(eq(schedules.name, name))
  if (last && last.tick.getTime() === tick.getTime()) return
  // Older than the last one and than this process: the clock was set back to a time before either.
  const due = tick > since || (last !== undefined && tick > last.tick)
  if (last && !due) return
  return bookkeeping(app, async (tx) => {
    const dedupeKey = `schedule:${name}:${tick.toISOString()}`
    const jobId = due
      ? await addJob(tx, { now, requestId: null, traceparent: null }, job, {}, { dedupeKey })
      : undefined
    const fired = jobId ? { tick, jobId } : { tick }
    await tx
      .insert(schedules)
      .values({ name, ...fired })
      .onConflictDoUpdate({ target: schedules.name, set: fired })
    return jobId
  })
}

const schedulesOf = (features: readonly Feature[]): Schedule[] => features.flatMap((feature) => feature.schedule ?? [])

/** The schedules there are, with the outcome of their last run. */
export const listSchedules = async (ctx: Pick<Context, 'db' | 'features' | 'config' | 'now'>) => {
  const last = await ctx.db
    .select({ name: schedules.name, status: jobs.status, startedAt: jobs.startedAt })
    .from(schedules)
    .leftJoin(jobs, eq(jobs.id, schedules.jobId))
  return schedulesOf(ctx.features).map((schedule) => {
    const run = last.find(({ name }) => name === schedule.name)
    return {
      name: schedule.name,
      cron: wordsOf(schedule, ctx.config),
      nextRunAt: cronOf(schedule, ctx.config).nextRun(ctx.now),
      lastRunAt: run?.startedAt ?? null,
      lastStatus: run?.status ?? null,
    }
  })
}

/** Adds the job of a schedule now, besides its ticks. Returns its id, or nothing if there is no such schedule. */
export const runSchedule = async (tx: Tx, ctx: Context, name: string): Promise<string | undefined> => {
  const schedule = schedulesOf(ctx.features).find((each) => each.name === name)
  if (!schedule) return undefined
  const jobId = await ctx.queue.enqueue(tx, ctx, schedule.job, {})
  const cron = cronOf(schedule, ctx.config)
  const tick = latestTick(cron, ctx.now) ?? ctx.now
  await tx
    .insert(schedules)
    .values({ name, tick, jobId })
    .onConflictDoUpdate({ target: schedules.name, set: { jobId } })
  return jobId
}
