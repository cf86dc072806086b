import type { Config } from '../config'
import type { Context } from './app'
import { minutes, seconds } from './time'

export interface JobOptions<P> {
  /** Jobs of one queue share a concurrency and a pause. */
  queue?: string
  /** How often it is tried before it is put aside as a dead letter. */
  maxAttempts?: number
  /** Wait before the second attempt in milliseconds; doubles with each one, with jitter, up to `maxBackoff`. */
  backoff?: number
  maxBackoff?: number
  /** Milliseconds after which `task.signal` aborts and the attempt counts as failed. */
  timeout?: number
  /** Does the work. At least once: use `task.id` as the key that makes a second run harmless. */
  run: (ctx: Context, payload: P, task: Task) => Promise<void>
}

/** A kind of background work. Its payload holds ids, never tokens or passwords. */
export interface JobType<P = unknown> extends Required<Omit<JobOptions<P>, 'run'>> {
  name: string
  run: (ctx: Context, payload: P, task: Task) => Promise<void>
}

export const defineJob = <P>(name: string, options: JobOptions<P>): JobType<P> => ({
  queue: 'default',
  maxAttempts: 10,
  backoff: seconds(5),
  maxBackoff: minutes(30),
  timeout: minutes(5),
  ...options,
  name,
})

/** One attempt at a job. */
export interface Task {
  /** The job's id: the same on every attempt, so it serves as an idempotency key. */
  id: string
  /** From 1. */
  attempt: number
  maxAttempts: number
  /** Aborts when the time is up, the lease is lost or the process stops. */
  signal: AbortSignal
  /** Tells how far it is, from 0 to 1. Cheap: written at most once a second. */
  progress: (fraction: number) => void
}

export interface EnqueueOptions {
  /** Not before this moment. */
  runAt?: Date
  /** While a job with this key is known, another one is not added. */
  dedupeKey?: string
  /** Higher runs first; 0 unless told. */
  priority?: number
}

/** Thrown by a job that would fail the same way every time: no further attempt. */
export class PermanentFailure extends Error {
  override name = 'PermanentFailure'
}

/** A job on a clock. A tick only enqueues, so any number of processes fire it once. */
export interface Schedule {
  name: string
  /** Five fields in UTC: minute, hour, day of month, month, day of week; or where the settings have them. */
  cron: string | ((config: Config) => string)
  job: JobType<Record<string, never>>
}
