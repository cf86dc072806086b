import { later } from '#core'
import type { Reader } from '#db'
import type { Attempt } from './attempt'
import type { Carrier } from './carrier'
import { overdueQueues } from './rows'
import { CLAIM_AT_ONCE, type Wanted, type Worker } from './worker'

/** One look at the table on behalf of deliveries. */
export interface Round {
  /** As many jobs as deliveries stand for; all there are where jobs are late or the carrier is gone. */
  wanted: Wanted
  /** Gives deliveries the jobs that have begun, and closes those for which there is none left. */
  close(started: readonly Attempt[]): void
}

/** What has been brought: it is closed once it wants nothing more and all it got has ended. */
interface Delivery {
  wanted: number
  running: number
  close(): void
}

interface Limits {
  poll: number
  late: number
}

/**
 * What a carrier has brought to this worker and waits for its end. It says how much to take, the table says what: so the
 * most urgent job runs first whatever order deliveries arrive in, and one that is lost or repeated does no harm.
 */
export const createDeliveries = (
  carrier: Carrier,
  reader: Reader,
  worker: Pick<Worker, 'freeIn'>,
  { poll, late: patience }: Limits,
) => {
  /** Those that want jobs, by queue, the first one first; and all that are not closed yet. */
  const hungry = new Map<string, Delivery[]>()
  const unclosed = new Set<Delivery>()
  let late = new Set<string>()
  let looked = Number.NEGATIVE_INFINITY

  const closeIfDone = (delivery: Delivery) => {
    if (delivery.wanted === 0 && delivery.running === 0) delivery.close()
  }

  /** A delivery of a queue has arrived. Resolves when it is done with. */
  const arrived = (queue: string, rows: number): Promise<void> =>
    new Promise((resolve) => {
      const close = () => {
        unclosed.delete(delivery)
        resolve()
      }
      const delivery: Delivery = { wanted: Math.max(1, rows || 1), running: 0, close }
      unclosed.add(delivery)
      const waiting = hungry.get(queue)
      if (waiting) waiting.push(delivery)
      else hungry.set(queue, [delivery])
    })

  /** Gives jobs that have begun to deliveries, in their order. */
  const serve = (waiting: readonly Delivery[], attempts: readonly Attempt[]) => {
    let next = 0
    for (const delivery of waiting) {
      const share = attempts.slice(next, next + delivery.wanted)
      next += share.length
      delivery.wanted -= share.length
      delivery.running += share.length
      for (const { outcome } of share) {
        void outcome.then(() => {
          delivery.running -= 1
          closeIfDone(delivery)
        })
      }
    }
  }

  /** Looks once every so often for what is late. */
  const round = async (now: Date): Promise<Round> => {
    if (performance.now() - looked >= poll) {
      looked = performance.now()
      late = new Set(await overdueQueues(reader, later(now, -patience)))
    }
    // What arrives from here on is served by the next round.
    const seen = new Map([...hungry].map(([queue, waiting]) => [queue, [...waiting]]))
    const sum = (queue: string) => (seen.get(queue) ?? []).reduce((total, { wanted }) => total + wanted, 0)
    return {
      wanted: (queue) => (carrier.up && !late.has(queue) ? sum(queue) : Number.POSITIVE_INFINITY),
      close: (started) => {
        const begun = Map.groupBy(started, ({ job }) => job.queue)
        for (const [queue, waiting] of seen) {
          const attempts = begun.get(queue) ?? []
          serve(waiting, attempts)
          // All were taken that there are: what else was delivered has been done by somebody.
          const exhausted = worker.freeIn(queue) > 0 && attempts.length < CLAIM_AT_ONCE
          if (exhausted) for (const delivery of waiting) delivery.wanted = 0
          for (const delivery of waiting) closeIfDone(delivery)
          hungry.set(queue, hungry.get(queue)?.filter(({ wanted }) => wanted > 0) ?? [])
        }
      },
    }
  }

  /** Lets all of them go, whatever became of them. */
  const closeAll = () => {
    hungry.clear()
    for (const delivery of [...unclosed]) delivery.close()
  }

  return { arrived, round, closeAll }
}
