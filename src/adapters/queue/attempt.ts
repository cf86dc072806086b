import { type App, type Context, contextOf, type JobType, later, PermanentFailure, type Task } from '#core'
import { describeError } from './describe-error'
import type { Outcome } from './leases'
import type { Claimed } from './rows'

/** A job that this process runs at the moment. */
export interface Attempt {
  job: Claimed
  /** Resolves, never rejects, with how it ended. */
  outcome: Promise<Outcome>
  /** Ends it now, whatever the job does: the time is up or the lease is lost. */
  giveUp(reason: Error): void
  /** Asks it to stop. If it does, it is given back untried. */
  stop(): void
}

/** A job that was still running when its time was up. */
class TimedOut extends Error {
  override name = 'TimedOut'
}

/** The wait before the next attempt: anywhere up to a limit that doubles, so that what failed together comes back apart. */
const backoff = (type: Pick<JobType, 'backoff' | 'maxBackoff'>, attempt: number, random = Math.random) =>
  Math.round(random() * Math.min(type.maxBackoff, type.backoff * 2 ** (attempt - 1)))

/** Starts one attempt at a job on behalf of the system, under the request id of whoever added it. */
export const begin = (app: App, type: JobType, job: Claimed, onProgress: (fraction: number) => void): Attempt => {
  const controller = new AbortController()
  let stopping = false
  const given = Promise.withResolvers<never>()
  const giveUp = (reason: Error) => {
    controller.abort(reason)
    given.reject(reason)
  }
  const timer = setTimeout(() => giveUp(new TimedOut(`Not done after ${type.timeout / 1000} s`)), type.timeout)
  const span = app.traces?.begin(job.name, {
    kind: 'job',
    parent: job.traceparent,
    attributes: { 'keel.job_id': job.id, 'keel.attempt': job.attempts, 'keel.request_id': job.requestId ?? undefined },
  })
  const ctx = contextOf(app, {
    actor: { type: 'system', name: `job:${job.name}` },
    requestId: job.requestId,
    traceparent: span?.traceparent ?? job.traceparent,
    span,
  })
  const task: Task = {
    id: job.id,
    attempt: job.attempts,
    maxAttempts: job.maxAttempts,
    signal: controller.signal,
    progress: (fraction) => onProgress(Math.min(1, Math.max(0, fraction))),
  }
  const run = async (): Promise<Outcome> => {
    try {
      await Promise.race([type.run(ctx, job.payload, task), given.promise])
      span?.end()
      return { kind: 'done', id: job.id }
    } catch (error) {
      span?.end(error)
      if (stopping) return { kind: 'returned', id: job.id }
      return ended(ctx, type, job, error)
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    job,
    outcome: run(),
    giveUp,
    stop: () => {
      stopping = true
      controller.abort(new Error('The process stops'))
    },
  }
}

const ended = (ctx: Context, type: JobType, job: Claimed, thrown: unknown): Outcome => {
  const error = describeError(thrown)
  const about = { job: job.name, id: job.id, attempt: job.attempts, requestId: job.requestId, error: thrown }
  if (thrown instanceof PermanentFailure || job.attempts >= job.maxAttempts) {
    ctx.log.error(about, 'A job is dead: it is kept until somebody retries or discards it')
    return { kind: 'dead', id: job.id, error }
  }
  const runAt = later(ctx.clock.now(), backoff(type, job.attempts))
  ctx.log.warn({ ...about, runAt }, 'A job failed and will be tried again')
  return { kind: 'failed', id: job.id, error, runAt }
}
