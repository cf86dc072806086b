import type { Context } from '#core'

type Job = NonNullable<Awaited<ReturnType<Context['queue']['admin']['find']>>>

/** A job as the API shows it, and while it runs, where. */
export const jobView = (job: Job) => ({
  id: job.id,
  name: job.name,
  queue: job.queue,
  status: job.status,
  attempts: job.attempts,
  maxAttempts: job.maxAttempts,
  priority: job.priority,
  payload: job.payload,
  requestId: job.requestId,
  createdAt: job.createdAt.toISOString(),
  runAt: job.runAt.toISOString(),
  ...(job.startedAt && { startedAt: job.startedAt.toISOString() }),
  ...(job.finishedAt && { finishedAt: job.finishedAt.toISOString() }),
  ...(job.lastError === null ? {} : { lastError: job.lastError }),
  ...(job.progress === null ? {} : { progress: job.progress }),
  ...(job.leasedBy === null ? {} : { worker: job.leasedBy }),
  ...(job.leasedUntil && { leasedUntil: job.leasedUntil.toISOString() }),
})
