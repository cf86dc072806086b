import type { EnqueueOptions, JobType } from '../../core/job'
import type { Tx } from '../database/port'

export interface Queue {
  /** Adds a job in the caller's transaction. Returns its id, or nothing if the dedupe key is taken. */
  enqueue<P>(tx: Tx, job: JobType<P>, payload: P, options?: EnqueueOptions): Promise<string | undefined>
  /** Starts to work on what is due, and to fire schedules. */
  work(): Promise<void>
  /** Takes no new job, lets running ones end for `deadline` milliseconds, then hands back what is left. */
  drain(deadline: number): Promise<void>
  /** Runs everything that is due, once, and resolves when nothing is left. For tests and scripts. */
  runDue(): Promise<number>
  /** Waiting and running jobs, and the age in milliseconds of the oldest one that is due. */
  depth(): Promise<{ waiting: number; running: number; dead: number; lag: number }>
}
