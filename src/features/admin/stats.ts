import { and, eq, gte, sql } from 'drizzle-orm'
import { type Context, days, later } from '#core'
import { emails } from '#mail'

const DAY = days(1)

export const DEFAULT_DAYS = 30

/** How much there is and what happened lately, by day (UTC). Reads much: its route is cached. */
export const stats = async (ctx: Context, lastDays: number) => {
  const { waiting, running, dead, lag } = await ctx.queue.depth()
  const yesterday = later(ctx.now, -DAY)
  return {
    generatedAt: ctx.now.toISOString(),
    totals: await totalsOf(ctx),
    signUps: await byDay(ctx, 'user.registered', lastDays),
    signIns: await byDay(ctx, 'session.created', lastDays),
    storage: { driver: ctx.storage.driver, databaseBytes: await databaseBytes(ctx) },
    queue: { waiting, running, dead, lagMs: lag },
    errors: {
      failedSignIns: await countEvents(ctx, 'session.sign_in_failed', yesterday),
      failedMails: await ctx.db.$count(emails, and(eq(emails.status, 'failed'), gte(emails.createdAt, yesterday))),
      deadJobs: dead,
    },
  }
}

/** Each feature counts what is its own. */
const totalsOf = async (ctx: Context): Promise<Record<string, number>> => {
  const all: Record<string, number> = {}
  for (const feature of ctx.features) Object.assign(all, await feature.totals?.(ctx))
  return all
}

const byDay = async (ctx: Context, type: string, lastDays: number) => {
  const today = Math.floor(ctx.now.getTime() / DAY)
  const counts: { date: string; count: number }[] = []
  for (let day = today - lastDays + 1; day <= today; day++) {
    const [after, before] = [new Date(day * DAY), new Date((day + 1) * DAY)]
    counts.push({ date: after.toISOString().slice(0, 10), count: await countEvents(ctx, type, after, before) })
    // A busy day takes a while to count: let others in between.
    await new Promise(setImmediate)
  }
  return counts
}

const countEvents = ({ db, journal }: Context, type: string, after: Date, before?: Date): Promise<number> =>
  db.$count(journal.events, and(eq(journal.events.type, type), journal.during({ after, before })))

const databaseBytes = async ({ db, database }: Context): Promise<number | null> => {
  if (database.kind === 'remote') return null
  const size = sql<{
    bytes: number
  }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`
  return (await db.get<{ bytes: number } | undefined>(size))?.bytes ?? null
}
