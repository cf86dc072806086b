import { sql } from 'drizzle-orm'
import { type Context, type EnqueueOptions, type JobType, newId, type Tx } from '#core'
import { type Builder, prepared } from '#db'
import type { Due } from './carrier'
import { type Job, jobs } from './schema'

// Bare placeholders: the encoders of drizzle do not expect null.
const value = (name: keyof Job) => sql`${sql.placeholder(name)}`

const insertInto = (db: Builder) =>
  db.insert(jobs).values({
    id: value('id'),
    name: value('name'),
    queue: value('queue'),
    payload: value('payload'),
    status: value('status'),
    priority: value('priority'),
    runAt: value('runAt'),
    maxAttempts: value('maxAttempts'),
    dedupeKey: value('dedupeKey'),
    requestId: value('requestId'),
    traceparent: value('traceparent'),
    createdAt: value('createdAt'),
  })

const insert = prepared((db) => insertInto(db).prepare())
const insertOnce = prepared((db) => insertInto(db).onConflictDoNothing().returning({ id: jobs.id }).prepare())

/** Writes the row of a new job. Returns its id, or nothing if the dedupe key is taken. */
export const addJob = async <P>(
  tx: Tx,
  { now, requestId, traceparent }: Pick<Context, 'now' | 'requestId' | 'traceparent'>,
  job: Pick<JobType<P>, 'name' | 'queue' | 'maxAttempts'>,
  payload: P,
  { runAt = now, dedupeKey, priority = 0 }: EnqueueOptions = {},
): Promise<string | undefined> => {
  const id = newId()
  const row = {
    id,
    name: job.name,
    queue: job.queue,
    payload: JSON.stringify(payload),
    status: runAt > now ? 'scheduled' : 'waiting',
    priority,
    runAt: runAt.getTime(),
    maxAttempts: job.maxAttempts,
    dedupeKey: dedupeKey ?? null,
    requestId,
    traceparent,
    createdAt: now.getTime(),
  }
  if (dedupeKey !== undefined) return (await insertOnce(tx).all(row))[0]?.id
  await insert(tx).run(row)
  return id
}

// Jumps from one queue's name to the next in the index, however many rows there are.
const OPEN_QUEUES = sql`(with recursive q(name) as (
  select min(queue) from jobs where status = 'waiting'
  union all
  select (select min(queue) from jobs where status = 'waiting' and queue > q.name) from q where q.name is not null
) select name from q where name is not null and name not in (select name from paused_queues)) q`

const openQueues = prepared((db) => db.select({ queue: sql<string>`q.name` }).from(OPEN_QUEUES).prepare())

const nextMoments = prepared((db) =>
  db
    .select({
      delayed: sql<number | null>`(select min(run_at) from jobs where status in ('scheduled', 'failed'))`,
      expiry: sql<number | null>`(select min(leased_until) from jobs where status = 'running')`,
    })
    .from(sql`(select 1)`)
    .prepare(),
)

/** What there is to do: queues with waiting jobs that are not paused, and when the next delay and lease end. */
export const look = async (db: Pick<Tx, 'statement'>) => ({
  queues: (await openQueues(db).all()).map(({ queue }) => queue),
  ...((await nextMoments(db).get()) ?? { delayed: null, expiry: null }),
})

const promotable = prepared((db) =>
  db
    .update(jobs)
    .set({ status: 'waiting' })
    .where(sql`id in (select id from jobs where status in ('scheduled', 'failed') and run_at <= ${sql.placeholder('now')}
      order by run_at limit 500)`)
    .returning({ id: jobs.id, queue: jobs.queue, attempts: jobs.attempts })
    .prepare(),
)

/** Delayed jobs whose time has come wait from now on. Returns them. */
export const promote = (tx: Tx, now: Date): Promise<Due[]> => promotable(tx).all({ now: now.getTime() })

const overdue = prepared((db) =>
  db
    .select({ queue: sql<string>`q.name` })
    .from(OPEN_QUEUES)
    .where(sql`exists (select 1 from jobs
      where status = 'waiting' and queue = q.name and run_at < ${sql.placeholder('before')})`)
    .prepare(),
)

/** Queues in which a job waits that was due before a moment. */
export const overdueQueues = async (db: Pick<Tx, 'statement'>, before: Date) =>
  (await overdue(db).all({ before: before.getTime() })).map(({ queue }) => queue)

const carried = {
  id: jobs.id,
  name: jobs.name,
  queue: jobs.queue,
  payload: jobs.payload,
  priority: jobs.priority,
  runAt: sql<number>`run_at`,
  attempts: jobs.attempts,
  maxAttempts: jobs.maxAttempts,
  requestId: jobs.requestId,
  traceparent: jobs.traceparent,
}

/** A job as it is handed to whoever runs it. */
export type Claimed = Pick<Job, Exclude<keyof typeof carried, 'runAt'>> & { runAt: number }

const claimable = prepared((db) =>
  db
    .update(jobs)
    .set({
      status: 'running',
      attempts: sql`attempts + 1`,
      leasedBy: value('leasedBy'),
      leasedUntil: value('leasedUntil'),
      startedAt: value('startedAt'),
      finishedAt: null,
      progress: null,
    })
    // Only names this process knows: the others wait for one that does, be it a newer or an older release.
    .where(sql`rowid in (
      select rowid from jobs
      where status = 'waiting' and queue = ${sql.placeholder('queue')}
        and name in (select value from json_each(${sql.placeholder('names')}))
        and not exists (select 1 from paused_queues p where p.name = ${sql.placeholder('queue')})
      order by priority desc, run_at, id limit ${sql.placeholder('limit')})`)
    .returning(carried)
    .prepare(),
)

export interface Claim {
  queue: string
  limit: number
  worker: string
  now: Date
  leasedUntil: Date
  /** JSON array of the job names that may be taken. */
  names: string
}

/** Takes up to `limit` waiting jobs of a queue, the most urgent first. */
export const claim = async (tx: Tx, { queue, limit, worker, now, leasedUntil, names }: Claim): Promise<Claimed[]> => {
  const rows = await claimable(tx).all({
    queue,
    limit,
    names,
    leasedBy: worker,
    leasedUntil: leasedUntil.getTime(),
    startedAt: now.getTime(),
  })
  // RETURNING promises no order.
  return rows.sort((a, b) => b.priority - a.priority || a.runAt - b.runAt || (a.id < b.id ? -1 : 1))
}

const strangers = prepared((db) =>
  db
    .selectDistinct({ name: sql<string>`name` })
    .from(sql`(select name from jobs where status = 'waiting' and queue = ${sql.placeholder('queue')} limit 200)`)
    .where(sql`name not in (select value from json_each(${sql.placeholder('names')}))`)
    .prepare(),
)

/** Names among the first waiting jobs of a queue that this process does not know. */
export const unknownNames = async (db: Pick<Tx, 'statement'>, queue: string, names: string) =>
  (await strangers(db).all({ queue, names })).map(({ name }) => name)
