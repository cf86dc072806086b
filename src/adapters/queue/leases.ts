import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '#core'
import { prepared } from '#db'
import { type Job, jobs } from './schema'

// Who lost its lease must not touch the row: another worker has it by now.
const mine = (worker: string) => and(eq(jobs.status, 'running'), eq(jobs.leasedBy, worker))
const inList = (ids: readonly string[]) => sql`id in (select value from json_each(${JSON.stringify(ids)}))`
const released = { leasedBy: null, leasedUntil: null }

/** How an attempt ended. */
export type Outcome =
  | { kind: 'done'; id: string }
  | { kind: 'failed'; id: string; error: string; runAt: Date }
  | { kind: 'dead'; id: string; error: string }
  /** Given back untried, because the process stops. */
  | { kind: 'returned'; id: string }

const finished = prepared((db) =>
  db
    .update(jobs)
    .set({ ...released, status: 'done', finishedAt: sql`${sql.placeholder('now')}`, progress: 1, lastError: null })
    .where(sql`id in (select value from json_each(${sql.placeholder('ids')}))
      and status = 'running' and leased_by = ${sql.placeholder('worker')}`)
    .prepare(),
)

/** Writes down how attempts ended: all good ones in one statement. */
export const settle = async (tx: Tx, worker: string, outcomes: readonly Outcome[], now: Date) => {
  const done = outcomes.filter(({ kind }) => kind === 'done').map(({ id }) => id)
  if (done.length > 0) await finished(tx).run({ ids: JSON.stringify(done), worker, now: now.getTime() })
  for (const outcome of outcomes) {
    if (outcome.kind === 'done') continue
    const change = { ...released, ...changeOf(outcome, now) }
    await tx
      .update(jobs)
      .set(change)
      .where(and(eq(jobs.id, outcome.id), mine(worker)))
  }
}

const changeOf = (outcome: Exclude<Outcome, { kind: 'done' }>, now: Date) => {
  switch (outcome.kind) {
    case 'failed':
      return { status: 'failed' as const, runAt: outcome.runAt, lastError: outcome.error }
    case 'dead':
      return { status: 'dead' as const, finishedAt: now, lastError: outcome.error }
    case 'returned':
      return { status: 'waiting' as const, attempts: sql`attempts - 1` }
  }
}

/** Keeps the jobs that a worker runs. Returns the ids it still holds: what is missing has been taken over. */
export const renew = async (tx: Tx, worker: string, ids: readonly string[], until: Date): Promise<Set<string>> => {
  const kept = await tx
    .update(jobs)
    .set({ leasedUntil: until })
    .where(and(inList(ids), mine(worker)))
    .returning({ id: jobs.id })
  return new Set(kept.map(({ id }) => id))
}

export const saveProgress = async (tx: Tx, worker: string, progress: ReadonlyMap<string, number>) => {
  for (const [id, fraction] of progress) {
    await tx
      .update(jobs)
      .set({ progress: fraction })
      .where(and(eq(jobs.id, id), mine(worker)))
  }
}

/**
 * Takes jobs from workers that have gone silent; the lost attempt counts. They are tried again a little apart from each
 * other (a random part of `pause` milliseconds, doubled with each attempt), so that one that kills its process stops
 * dragging its neighbours along and ends as a dead letter alone. `held` are the caller's own: it knows that it lives.
 */
export const takeOver = (
  tx: Tx,
  held: readonly string[],
  now: Date,
  pause: number,
): Promise<Pick<Job, 'id' | 'name' | 'status'>[]> =>
  tx
    .update(jobs)
    .set({
      ...released,
      status: sql`case when attempts >= max_attempts then 'dead' else 'failed' end`,
      finishedAt: sql`case when attempts >= max_attempts then ${now.getTime()} end`,
      runAt: sql`${now.getTime()} + abs(random() % (${pause} << min(attempts, 6)))`,
      lastError: 'The worker that ran it has gone silent',
    })
    .where(sql`status = 'running' and leased_until < ${now.getTime()} and not (${inList(held)})`)
    .returning({ id: jobs.id, name: jobs.name, status: jobs.status })

/**
 * Removes jobs that were done before `before`, at most 1,000 a call; the last one of each schedule stays, so that its
 * outcome can be told. Ids rise with time, so that the oldest are found without an index of their own.
 */
export const purge = async (tx: Tx, before: Date): Promise<number> => {
  const gone = await tx
    .delete(jobs)
    .where(sql`id in (select id from jobs where id < ${firstIdAt(before)} and status = 'done'
      and finished_at < ${before.getTime()} and id not in (select job_id from schedules where job_id is not null)
      order by id limit 1000)`)
    .returning({ id: jobs.id })
  return gone.length
}

/** The lowest UUIDv7 of a millisecond (RFC 9562, 5.7: 48 bits of time come first). */
const firstIdAt = (date: Date) => {
  const hex = date.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
