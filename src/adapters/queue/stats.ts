import { sql } from 'drizzle-orm'
import { prepared, type Reader } from '#db'
import { jobs } from './schema'

const counts = prepared((db) =>
  db
    .select({
      queue: jobs.queue,
      status: jobs.status,
      count: sql<number>`count(*)`,
      oldest: sql<number>`min(run_at)`,
    })
    .from(jobs)
    .where(sql`status <> 'done'`)
    .groupBy(jobs.queue, jobs.status)
    .prepare(),
)

const DUE: readonly string[] = ['waiting', 'scheduled', 'failed']

/** How much there is to do. Counts from an index; done jobs do not matter. */
export const depth = async (db: Reader, now: Date) => {
  const rows = await counts(db).all()
  const sum = (...statuses: string[]) =>
    rows.filter(({ status }) => statuses.includes(status)).reduce((total, { count }) => total + count, 0)
  const oldest = Math.min(now.getTime(), ...rows.filter(({ status }) => DUE.includes(status)).map((row) => row.oldest))
  return {
    waiting: sum('waiting', 'scheduled', 'failed'),
    running: sum('running'),
    dead: sum('dead'),
    lag: now.getTime() - oldest,
  }
}

/** The same by queue, for those who look after it. `failed` are those that are or were given up for now. */
export const countByQueue = (db: Reader) => counts(db).all()
