import { days, hours, later, seconds } from '#core'
import { bookkeeping } from '#db'
import { createAdmin } from './admin'
import type { Carrier, Due } from './carrier'
import { concurrencyOf } from './concurrency'
import { createDeliveries } from './deliveries'
import type { JobTypes, QueueDeps } from './deps'
import { purge } from './leases'
import type { Queue } from './port'
import { createPulse } from './pulse'
import { addJob } from './rows'
import { createSchedules } from './schedules'
import { depth } from './stats'
import { createWorker } from './worker'

export interface Timing {
  /** Milliseconds after which a silent worker loses its jobs. It says that it lives three times in between. */
  lease: number
  /** Longest pause between two looks at the table, in milliseconds: other processes add jobs too. */
  poll: number
  /** A job that is due for longer than this, in milliseconds, may have been carried to nobody: whoever is free takes it. */
  late: number
}

const TIMING: Timing = { lease: seconds(30), poll: seconds(1), late: seconds(2) }
const PROGRESS_EVERY = seconds(1)
const KEEP_DONE = days(7)
const PURGE_EVERY = hours(1)
/** Milliseconds that jobs get to react when they are told to stop. */
const GRACE = 250

/**
 * The queue: a worker in this process on the jobs table. It wakes up at each commit of this process that adds a job; with a
 * carrier, whichever process is free hears of it.
 */
export const openTable = (deps: QueueDeps, types: JobTypes, carrier?: Carrier, given: Partial<Timing> = {}): Queue => {
  const { database, log, clock } = deps
  const pulse = createPulse(deps.bus)
  const timing = { ...TIMING, ...given }
  const schedules = createSchedules(deps, clock.now())
  let working = false
  let turning: Promise<void> | undefined
  let again = false
  let woken = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let timers: ReturnType<typeof setInterval>[] = []

  const worker = createWorker({ ...deps, types, lease: timing.lease, onEnded: () => wake() })
  const deliveries = carrier && createDeliveries(carrier, database.reader, worker, timing)
  carrier?.onChange(() => wake())

  /** Looks at the table very soon; many calls in one go are one look. */
  const wake = () => {
    if (!working || woken) return
    woken = true
    setImmediate(() => {
      woken = false
      turn()
    })
  }

  /** Says that jobs are due: to whoever is free, or to this process. */
  const announce = (due: readonly Due[]) => {
    if (carrier?.up && due.length > 0) carrier.offer(due)
    else wake()
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
        const now = clock.now()
        const fired = await schedules.fire(now)
        const round = await deliveries?.round(now)
        const exchanged = await worker.exchange(round?.wanted)
        round?.close(exchanged.started)
        if (exchanged.changed) pulse.beat()
        const due = [...fired, ...exchanged.promoted]
        if (carrier && due.length > 0) announce(due)
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
    every(PROGRESS_EVERY, async () => {
      if (!worker.hasProgress()) return
      await worker.writeProgress()
      pulse.beat()
    }),
  ]

  const deliver = async (queue: string, rows: number) => {
    const done = deliveries?.arrived(queue, rows)
    wake()
    await done
  }

  return {
    driver: carrier?.driver ?? 'embedded',
    admin: createAdmin(announce),
    enqueue: async (tx, ctx, job, payload, options) => {
      // A job that nobody knows would wait for ever.
      if (!types.has(job.name)) throw new Error(`The job ${job.name} is in no feature's manifest`)
      const id = await addJob(tx, ctx, job, payload, options)
      const due = !options?.runAt || options.runAt <= ctx.now
      if (id)
        tx.afterCommit(() => {
          announce(due ? [{ id, queue: job.queue, attempts: 0 }] : [])
          pulse.beat()
        })
      return id
    },

    work: async () => {
      if (working) return
      working = true
      timers = [...keepAlive(), every(PURGE_EVERY, removeDone)]
      carrier?.start(queuesOf(types), deliver)
      log.info({ worker: worker.id, jobs: types.size }, 'The worker is ready')
      turn()
      void orLog(removeDone)
    },

    drain: async (deadline) => {
      working = false
      clearTimeout(timer)
      pulse.stop()
      const stopped = carrier?.stop()
      await turning
      await allEnded(deadline)
      for (const attempt of worker.running.values()) attempt.stop()
      await allEnded(GRACE)
      for (const each of timers) clearInterval(each)
      deliveries?.closeAll()
      await stopped
      const due = await worker.release()
      carrier?.offer(due)
      await carrier?.close()
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

const queuesOf = (types: JobTypes) =>
  [...new Set([...types.values()].map(({ queue }) => queue))].map((name) => ({ name, limit: concurrencyOf(name) }))
