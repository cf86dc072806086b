import { days, hours, later, seconds } from '#core'
import { bookkeeping } from '#db'
import { createAdmin } from './admin'
import type { JobTypes, QueueDeps } from './deps'
import { purge } from './leases'
import type { Queue } from './port'
import { addJob } from './rows'
import { createSchedules } from './schedules'
import { depth } from './stats'
import { createWorker } from './worker'

export interface Timing {
  /** Milliseconds after which a silent worker loses its jobs. It says that it lives three times in between. */
  lease: number
  /** Longest pause between two looks at the table, in milliseconds: other processes add jobs too. */
  poll: number
}

const TIMING: Timing = { lease: seconds(30), poll: seconds(1) }
const PROGRESS_EVERY = seconds(1)
const KEEP_DONE = days(7)
const PURGE_EVERY = hours(1)
/** Milliseconds that jobs get to react when they are told to stop. */
const GRACE = 250

/** The embedded driver: a worker in this process on the jobs table. It wakes up at each commit that adds a job. */
export const openEmbedded = (deps: QueueDeps, types: JobTypes, given: Partial<Timing> = {}): Queue => {
  const { database, log, clock } = deps
  const timing = { ...TIMING, ...given }
  const schedules = createSchedules(deps, clock.now())
  let working = false
  let turning: Promise<void> | undefined
  let again = false
  let woken = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let timers: ReturnType<typeof setInterval>[] = []

  const worker = createWorker({ ...deps, types, lease: timing.lease, onEnded: () => wake() })

  /** Looks at the table very soon; many calls in one go are one look. */
  const wake = () => {
    if (!working || woken) return
    woken = true
    setImmediate(() => {
      woken = false
      turn()
    })
  }

  const turn = () => {
    if (turning) {
      again = true
      return
    }
    clearTimeout(timer)
    turning = loop().finally(() => {
      turning = undefined
    })
  }

  const loop = async () => {
    let pause = timing.poll
    try {
      let more = true
      while (more && working) {
        again = false
        await schedules.fire(clock.now())
        const exchanged = await worker.exchange()
        more = again || exchanged.more
        pause = untilNext(exchanged.delayed, schedules.nextAt())
      }
    } catch (error) {
      log.error({ error }, 'The queue could not be read or written; it tries again')
    }
    if (working) timer = setTimeout(turn, pause)
  }

  const untilNext = (...moments: (Date | undefined)[]) => {
    const now = clock.now().getTime()
    const waits = moments.map((moment) => (moment ? moment.getTime() - now : timing.poll))
    return Math.max(1, Math.min(timing.poll, ...waits))
  }

  /** `work`, repeated and never twice at once; its errors are logged. */
  const every = (milliseconds: number, work: () => Promise<unknown>) => {
    let busy = false
    return setInterval(async () => {
      if (busy) return
      busy = true
      await orLog(work)
      busy = false
    }, milliseconds)
  }

  const orLog = async (work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      log.error({ error }, 'The queue could not keep its books; it tries again')
    }
  }

  const removeDone = async () => {
    const before = later(clock.now(), -KEEP_DONE)
    while (working && (await bookkeeping(deps, (tx) => purge(tx, before))) > 0) await Bun.sleep(10)
  }

  /** Waits until nothing runs any more, but no longer than `limit` milliseconds. */
  const allEnded = async (limit: number) => {
    const late = Promise.withResolvers<void>()
    const alarm = setTimeout(late.resolve, limit)
    await Promise.race([Promise.all([...worker.running.values()].map(({ outcome }) => outcome)), late.promise])
    clearTimeout(alarm)
  }

  const keepAlive = () => [
    every(timing.lease / 3, async () => worker.running.size > 0 && worker.beat()),
    every(PROGRESS_EVERY, async () => worker.hasProgress() && worker.writeProgress()),
  ]

  return {
    driver: 'embedded',
    admin: createAdmin(wake),
    enqueue: async (tx, ctx, job, payload, options) => {
      // A job that nobody knows would wait for ever.
      if (!types.has(job.name)) throw new Error(`The job ${job.name} is in no feature's manifest`)
      const id = await addJob(tx, ctx, job, payload, options)
      if (id) tx.afterCommit(wake)
      return id
    },

    work: async () => {
      if (working) return
      working = true
      timers = [...keepAlive(), every(PURGE_EVERY, removeDone)]
      log.info({ worker: worker.id, jobs: types.size }, 'The worker is ready')
      turn()
      void orLog(removeDone)
    },

    drain: async (deadline) => {
      working = false
      clearTimeout(timer)
      await turning
      await allEnded(deadline)
      for (const attempt of worker.running.values()) attempt.stop()
      await allEnded(GRACE)
      for (const each of timers) clearInterval(each)
      await worker.release()
    },

    runDue: async () => {
      const alive = keepAlive()
      try {
        await schedules.fire(clock.now())
        for (let ran = 0; ; ) {
          const { started, more } = await worker.exchange()
          if (started.length === 0 && !more) return ran
          ran += started.length
          await Promise.all(started.map(({ outcome }) => outcome))
        }
      } finally {
        for (const each of alive) clearInterval(each)
      }
    },

    depth: () => depth(database.reader, clock.now()),
  }
}
