import type { Context } from '#core'
import { journal, transaction } from '#db'
import { scheduleRun } from './events'
import { failures } from './failures'

/** What runs by the clock, when it did last and when it will next. */
export const listSchedules = async (ctx: Context) => {
  const schedules = await ctx.queue.admin.schedules(ctx)
  return schedules.map(({ name, cron, nextRunAt, lastRunAt, lastStatus }) => ({
    name,
    cron,
    nextRunAt: nextRunAt?.toISOString() ?? null,
    ...(lastRunAt && { lastRunAt: lastRunAt.toISOString() }),
    ...(lastStatus === null ? {} : { lastStatus }),
  }))
}

/** Adds a schedule's job now, besides its ticks. Throws SCHEDULE_NOT_FOUND. */
export const run = (ctx: Context, name: string): Promise<{ jobId: string }> =>
  transaction(ctx, async (tx) => {
    const jobId = await ctx.queue.admin.runSchedule(tx, ctx, name)
    if (jobId === undefined) throw failures.SCHEDULE_NOT_FOUND()
    await journal.record(tx, ctx, scheduleRun, { schedule: name, jobId })
    return { jobId }
  })
