import type { Context } from '#core'
import { journal, paginate, transaction } from '#db'
import { jobDiscarded, jobRetried } from './events'
import { failures } from './failures'
import type { JobQuery } from './models'
import { jobView } from './view'

/** A page of the jobs that are known, newest first. Throws VALIDATION_FAILED for a cursor of another list. */
export const list = (ctx: Context, query: JobQuery) => {
  const { jobs, where } = ctx.queue.admin
  const filter = { queue: query.queue, status: query.status }
  return paginate(ctx, query, {
    from: jobs,
    where: where(filter),
    // Ids rise with time.
    sort: { createdAt: jobs.id },
    id: jobs.id,
    filter,
    view: jobView,
  })
}

/** One job. Throws JOB_NOT_FOUND. */
export const find = async (ctx: Context, id: string) => {
  const job = await ctx.queue.admin.find(ctx, id)
  if (!job) throw failures.JOB_NOT_FOUND()
  return jobView(job)
}

/** Lets a job run now that is dead, has failed or waits for its time. Throws JOB_NOT_FOUND, JOB_NOT_RETRYABLE. */
export const retry = async (ctx: Context, id: string) => {
  const before = await find(ctx, id)
  return await transaction(ctx, async (tx) => {
    const job = await ctx.queue.admin.retry(tx, ctx, id)
    if (!job) throw failures.JOB_NOT_RETRYABLE()
    await journal.record(tx, ctx, jobRetried, mention(before))
    return jobView(job)
  })
}

/** Removes a job for good, whatever its state, unless it runs. Throws JOB_NOT_FOUND, JOB_RUNNING. */
export const discard = async (ctx: Context, id: string): Promise<void> => {
  await find(ctx, id)
  await transaction(ctx, async (tx) => {
    const job = await ctx.queue.admin.discard(tx, id)
    if (!job) throw failures.JOB_RUNNING()
    await journal.record(tx, ctx, jobDiscarded, mention(job))
  })
}

const mention = ({ id, name, queue, status }: { id: string; name: string; queue: string; status: string }) => ({
  jobId: id,
  name,
  queue,
  status,
})
