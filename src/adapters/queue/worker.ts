import { hostname } from 'node:os'
import { later, randomToken } from '#core'
import { bookkeeping } from '#db'
import { type Attempt, begin } from './attempt'
import type { Due } from './carrier'
import { concurrencyOf } from './concurrency'
import type { JobTypes, QueueDeps } from './deps'
import { type Outcome, renew, saveProgress, settle, takeOver } from './leases'
import { type Claimed, claim, look, promote, unknownNames } from './rows'
import type { Job } from './schema'

/** Jobs of a queue taken in one statement. */
export const CLAIM_AT_ONCE = 50

export interface WorkerDeps extends QueueDeps {
  types: JobTypes
  /** Milliseconds after which a silent worker loses its jobs. */
  lease: number
  /** Called when an attempt has ended: there is something to write down, and a free slot. */
  onEnded: () => void
}

/** How an attempt ended. Until that is written down it takes a slot in its queue. */
interface Ended {
  outcome: Outcome
  job: Claimed
}

/** What an exchange with the table led to. */
export interface Exchanged {
  started: Attempt[]
  /** Something was written down: jobs began, ended or came due. */
  changed: boolean
  /** There is more to do at once. */
  more: boolean
  /** When the next delayed job is due. */
  delayed: Date | undefined
  /** Delayed jobs that are due from now on. */
  promoted: Due[]
}

/** How many jobs of a queue may be taken at the most, whatever is free. */
export type Wanted = (queue: string) => number
const EVERYTHING: Wanted = () => Number.POSITIVE_INFINITY
const NOTHING: Wanted = () => 0

/** One process's hands: what it runs, what it has still to write down. No timers; `table.ts` decides when. */
export const createWorker = ({ app, database, log, clock, types, lease, onEnded }: WorkerDeps) => {
  const id = `${hostname()}/${process.pid}/${randomToken(4)}`
  const names = JSON.stringify([...types.keys()])
  const running = new Map<string, Attempt>()
  const load = new Map<string, number>()
  const progress = new Map<string, number>()
  const parked = new Set<string>()
  let ended: Ended[] = []

  const freeIn = (queue: string) => Math.min(CLAIM_AT_ONCE, concurrencyOf(queue) - (load.get(queue) ?? 0))
  const occupy = (queue: string, by: 1 | -1) => load.set(queue, (load.get(queue) ?? 0) + by)

  const start = (job: Claimed): Attempt[] => {
    const type = types.get(job.name)
    if (!type) return []
    occupy(job.queue, 1)
    const attempt = begin(app(), type, job, (fraction) => progress.set(job.id, fraction))
    running.set(job.id, attempt)
    void attempt.outcome.then((outcome) => {
      running.delete(job.id)
      progress.delete(job.id)
      ended.push({ outcome, job })
      onEnded()
    })
    return [attempt]
  }

  const held = () => [...running.keys(), ...ended.map(({ outcome }) => outcome.id)]

  /** What is to be written down now. Its slots are free from here on. */
  const takeEnded = () => {
    const taken = ended
    ended = []
    for (const { job } of taken) occupy(job.queue, -1)
    return taken
  }

  /** Nothing was written: it will be next time, and until then the leases hold. */
  const putBack = (taken: Ended[]) => {
    for (const { job } of taken) occupy(job.queue, 1)
    ended = [...taken, ...ended]
  }

  /** One transaction: writes down what has ended, takes over what was abandoned, takes what is due. */
  const exchange = async (wanted: Wanted = EVERYTHING): Promise<Exchanged> => {
    const now = clock.now()
    const seen = await look(database.reader)
    const reached = (moment: number | null) => moment !== null && moment <= now.getTime()
    const room = (queue: string) => Math.min(freeIn(queue), wanted(queue))
    const delayed = seen.delayed === null ? undefined : new Date(seen.delayed)
    const idle = ended.length === 0 && !seen.queues.some((queue) => room(queue) > 0)
    if (idle && !reached(seen.delayed) && !reached(seen.expiry))
      return { started: [], changed: false, more: false, delayed, promoted: [] }
    let taken: Ended[] = []
    let promoted: Due[] = []
    let claimed: Claimed[] = []
    let more = reached(seen.delayed)
    try {
      await bookkeeping({ database }, async (tx) => {
        // Here, not before: while we waited for our turn more has ended, and it goes along.
        taken = takeEnded()
        const outcomes = taken.map(({ outcome }) => outcome)
        await settle(tx, id, outcomes, now)
        if (reached(seen.expiry)) report(await takeOver(tx, held(), now, Math.max(1, lease / 30)))
        if (reached(seen.delayed)) promoted = await promote(tx, now)
        for (const queue of seen.queues) {
          const limit = room(queue)
          if (limit <= 0) continue
          const jobs = await claim(tx, { queue, limit, worker: id, names, now, leasedUntil: later(now, lease) })
          claimed = claimed.concat(jobs)
          if (jobs.length === CLAIM_AT_ONCE) more = true
          if (jobs.length === 0) await park(queue)
        }
      })
    } catch (error) {
      putBack(taken)
      throw error
    }
    const changed = taken.length + claimed.length + promoted.length > 0
    return { started: claimed.flatMap(start), changed, more, delayed, promoted }
  }

  const report = (taken: Pick<Job, 'id' | 'name' | 'status'>[]) => {
    for (const { id: jobId, name, status } of taken) log.warn({ job: name, id: jobId, status }, 'A job was taken over')
  }

  /** Says once of each unknown kind of job that it waits for a process that knows it. */
  const park = async (queue: string) => {
    for (const name of await unknownNames(database.reader, queue, names)) {
      if (!parked.has(name)) log.warn({ job: name, queue }, 'Jobs of an unknown kind wait for a process that knows it')
      parked.add(name)
    }
  }

  /** Keeps the leases of what runs here; gives up what another worker has taken over. */
  const beat = async () => {
    const attempts = [...running.values()]
    const kept = await bookkeeping({ database }, (tx) => renew(tx, id, held(), later(clock.now(), lease)))
    for (const attempt of attempts) {
      if (running.has(attempt.job.id) && !kept.has(attempt.job.id)) attempt.giveUp(new Error('The lease was lost'))
    }
  }

  const writeProgress = async () => {
    const changed = new Map(progress)
    progress.clear()
    if (changed.size > 0) await bookkeeping({ database }, (tx) => saveProgress(tx, id, changed))
  }

  /** Writes down what has ended and gives back everything else that is held. Returns what is due for somebody else. */
  const release = async (): Promise<Due[]> => {
    for (const { job } of running.values()) ended.push({ outcome: { kind: 'returned', id: job.id }, job })
    const returned = ended.filter(({ outcome }) => outcome.kind === 'returned').map(({ job }) => job)
    const { promoted } = await exchange(NOTHING)
    return [...promoted, ...returned.map(({ id, queue, attempts }) => ({ id, queue, attempts: attempts - 1 }))]
  }

  return { id, running, freeIn, exchange, beat, writeProgress, release, hasProgress: () => progress.size > 0 }
}

export type Worker = ReturnType<typeof createWorker>
