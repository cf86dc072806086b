import type { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { seconds } from '#core'
import type { Log } from '../log/port'
import type { Client, Redis } from '../redis/port'
import type { Carrier, Due } from './carrier'
import { carriedTogether } from './concurrency'

const PREFIX = 'keel:queue'
/** Rows handed over in one command. */
const AT_ONCE = 200
/** How long the end waits for what is open, in milliseconds. */
const PATIENCE = seconds(1)
/** The table knows what became of a job; nothing of it stays in Redis. */
const LEAVE_NOTHING = { removeOnComplete: true, removeOnFail: true }
/** Deliveries of a worker that is gone go to another one after twice this, in milliseconds; nobody waits for that. */
const LOCK = seconds(15)

/** What a job of BullMQ holds: of how many rows it says that they are due. */
interface Delivery {
  rows: number
}

/** BullMQ as the carrier: a job of it says that rows are due, and holds nothing of them. */
export const bullCarrier = (redis: Redis, log: Log): Carrier => {
  // At the start, not with the first job: loading it takes longer than a request may.
  const bull = import('bullmq')
  let opened: Client | undefined
  const connect = () => (opened ??= redis.blocking())
  const queues = new Map<string, BullQueue<Delivery>>()
  let workers: BullWorker<Delivery>[] = []
  let offered: Due[] = []
  let sending: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  const complain = (error: Error) => {
    // That Redis is gone has been said once, by who noticed.
    if (redis.up && !stopping) log.warn({ error }, 'BullMQ has trouble: jobs are found in the table')
  }
  /** BullMQ builds its keys with colons. */
  const nameOf = (queue: string) => queue.replaceAll(':', '.')

  const queueOf = async (name: string) => {
    const { Queue } = await bull
    const known = queues.get(name)
    if (known) return known
    const streams = { events: { maxLen: 100 } }
    const queue = new Queue<Delivery>(nameOf(name), {
      connection: connect(),
      prefix: PREFIX,
      defaultJobOptions: LEAVE_NOTHING,
      streams,
    })
    queue.on('error', complain)
    queues.set(name, queue)
    return queue
  }

  const send = async () => {
    while (offered.length > 0 && redis.up) {
      const rows = offered.splice(0, AT_ONCE)
      for (const [name, due] of Map.groupBy(rows, ({ queue }) => queue)) {
        const queue = await queueOf(name)
        await queue.addBulk(deliveriesOf(due, carriedTogether(name)))
      }
    }
    offered = []
  }

  /** Soon, so that what is committed in one go is sent in one go. */
  const sendSoon = () => {
    sending ??= new Promise((resolve) => setImmediate(resolve))
      .then(send)
      .catch((error: Error) => complain(error))
      .finally(() => {
        sending = undefined
        if (offered.length > 0) sendSoon()
      })
  }

  return {
    driver: 'redis',
    get up() {
      return redis.up
    },
    onChange: (listener) => void redis.onChange(listener),
    offer: (rows) => {
      if (!redis.up) return
      offered.push(...rows)
      sendSoon()
    },
    start: async (names, deliver) => {
      const { Worker } = await bull
      if (stopping) return
      workers = names.map(({ name, limit }) => {
        const options = {
          connection: connect(),
          prefix: PREFIX,
          concurrency: limit,
          lockDuration: LOCK,
          stalledInterval: LOCK,
        }
        const worker = new Worker<Delivery>(nameOf(name), ({ data }) => deliver(name, data.rows), options)
        worker.on('error', complain)
        return worker
      })
    },
    stop: () => (stopping ??= close(workers)),
    close: async () => {
      await within(sending)
      await within(Promise.all([...queues.values()].map((queue) => queue.close())))
      opened?.disconnect()
    },
  }
}

/** One for every so many rows, under the name of its first: each attempt is carried once. */
const deliveriesOf = (due: readonly Due[], together: number) =>
  due.flatMap(({ id, attempts }, i) => {
    if (i % together !== 0) return []
    const rows = Math.min(together, due.length - i)
    return [{ name: 'due', data: { rows }, opts: { jobId: `${id}-${attempts}` } }]
  })

const within = (work: Promise<unknown> | undefined) => Promise.race([work?.catch(() => {}), Bun.sleep(PATIENCE)])

/** Politely; without manners if Redis does not answer. */
const close = async (workers: readonly BullWorker[]) => {
  let closed = false
  const all = Promise.all(workers.map((worker) => worker.close())).then(() => {
    closed = true
  })
  await within(all)
  if (!closed) await within(Promise.all(workers.map((worker) => worker.disconnect())))
}
