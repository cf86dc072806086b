import { sql } from 'drizzle-orm'
import { prepared, type Reader } from '#db'
import { type JobStatus, jobs } from './schema'

const numbers = prepared((db) => {
  const now = sql.placeholder('now')
  const DELAYED = sql`status in ('scheduled', 'failed') and run_at <= ${now}`
  return db
    .select({
      waiting: sql<number>`(select count(*) from jobs where status = 'waiting')`,
      overdue: sql<number>`(select count(*) from jobs where ${DELAYED})`,
      running: sql<number>`(select count(*) from jobs where status = 'running')`,
      dead: sql<number>`(select count(*) from jobs where status = 'dead')`,
      oldest: sql<number | null>`min((select coalesce(min(run_at), ${now}) from jobs where status = 'waiting'),
        (select coalesce(min(run_at), ${now}) from jobs where ${DELAYED}))`,
    })
    .from(sql`(select 1)`)
    .prepare()
})

/** How much there is to do, counted in the indexes of the states: what is done costs nothing. */
export const depth = async (db: Reader, now: Date) => {
  const found = await numbers(db).get({ now: now.getTime() })
  const { waiting = 0, overdue = 0, running = 0, dead = 0 } = found ?? {}
  return {
    waiting: waiting + overdue,
    running,
    dead,
    lag: Math.max(0, now.getTime() - (found?.oldest ?? now.getTime())),
  }
}

interface Count {
  queue: string
  status: JobStatus
  count: number
}

/** Jobs that are not done by queue and status, for those who look after them. */
export const countByQueue = async (db: Reader): Promise<Count[]> => {
  const count = sql<number>`count(*)`
  // One question per state: each has its own index, all together have none.
  const open = ["status = 'waiting'", "status in ('scheduled', 'failed')", "status = 'running'", "status = 'dead'"]
  const groups = open.map((state) =>
    db
      .select({ queue: jobs.queue, status: jobs.status, count })
      .from(jobs)
      .where(sql.raw(state))
      .groupBy(jobs.queue, jobs.status),
  )
  return (await Promise.all(groups)).flat()
}
