import { later, seconds } from '#core'
import type { Reader } from '#db'
import type { Attempt } from './attempt'
import type { Carrier } from './carrier'
import { overdueQueues } from './rows'
import { CLAIM_AT_ONCE, type Wanted, type Worker } from './worker'

/** A job that is due for longer than this may have been carried to nobody: whoever has a free slot takes it. */
const LATE = seconds(2)

/** One look at the table on behalf of deliveries. */
export interface Round {
  /** One job per open delivery; all there are where jobs are late or the carrier is gone. */
  wanted: Wanted
  /** Closes deliveries for which there is nothing; those whose job has begun close when it ends. */
  close(started: readonly Attempt[]): void
}

/**
 * What a carrier has brought to this worker and waits for its end. It says how much to take, the table says what: so the
 * most urgent job runs first whatever order deliveries arrive in, and one that is lost or repeated does no harm.
 */
export const createDeliveries = (carrier: Carrier, reader: Reader, worker: Pick<Worker, 'freeIn'>) => {
  /** Those that wait for a job, by queue; and all that are not closed yet. */
  const open = new Map<string, (() => void)[]>()
  const unclosed = new Set<() => void>()
  let late = new Set<string>()
  let looked = Number.NEGATIVE_INFINITY

  const takeFrom = (queue: string, n: number) => (open.get(queue) ?? []).splice(0, n)

  /** A delivery of a queue has arrived. Resolves when it is done with. */
  const arrived = (queue: string): Promise<void> =>
    new Promise((resolve) => {
      const close = () => {
        unclosed.delete(close)
        resolve()
      }
      unclosed.add(close)
      const waiting = open.get(queue)
      if (waiting) waiting.push(close)
      else open.set(queue, [close])
    })

  /** Looks once every `every` milliseconds for what is late. */
  const round = async (now: Date, every: number): Promise<Round> => {
    if (performance.now() - looked >= every) {
      looked = performance.now()
      late = new Set(await overdueQueues(reader, later(now, -LATE)))
    }
    const counts = new Map([...open].map(([queue, waiting]) => [queue, waiting.length]))
    return {
      wanted: (queue) => (carrier.up && !late.has(queue) ? (counts.get(queue) ?? 0) : Number.POSITIVE_INFINITY),
      close: (started) => {
        const begun = Map.groupBy(started, ({ job }) => job.queue)
        for (const [queue, count] of counts) {
          const attempts = begun.get(queue) ?? []
          const served = takeFrom(queue, Math.min(count, attempts.length))
          served.forEach((close, i) => void attempts[i]?.outcome.then(close))
          // All were taken that there are: what else was delivered has been done by somebody.
          const exhausted = worker.freeIn(queue) > 0 && attempts.length < CLAIM_AT_ONCE
          if (exhausted) for (const close of takeFrom(queue, count - served.length)) close()
        }
      },
    }
  }

  /** Lets all of them go, whatever became of them. */
  const closeAll = () => {
    open.clear()
    for (const close of unclosed) close()
  }

  return { arrived, round, closeAll }
}
