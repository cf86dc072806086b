import type { Context } from '../../core/app'
import type { EnqueueOptions, JobType } from '../../core/job'
import type { Tx } from '../database/port'
import type { QueueAdmin } from './admin'

export interface Queue {
  readonly driver: string
  /**
   * Adds a job in the caller's transaction; it carries the caller's request id.
   * Returns its id, or nothing if the dedupe key is taken.
   */
  enqueue<P>(tx: Tx, ctx: Context, job: JobType<P>, payload: P, options?: EnqueueOptions): Promise<string | undefined>
  /** Starts to work on what is due, and to fire schedules. */
  work(): Promise<void>
  /** Takes no new job, lets running ones end for `deadline` milliseconds, then hands back what is left. */
  drain(deadline: number): Promise<void>
  /** Fires the schedules and runs everything that is due, until nothing is left. Returns how many ran. For tests and scripts. */
  runDue(): Promise<number>
  /** Waiting and running jobs, and the age in milliseconds of the oldest one that is due. */
  depth(): Promise<{ waiting: number; running: number; dead: number; lag: number }>
  /** For those who look after it. Verbs that change something take a transaction: record an event in it. */
  readonly admin: QueueAdmin
}
