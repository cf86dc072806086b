import { and, desc, eq, gte, sql } from 'drizzle-orm'
import { type App, days, later, minutes, perApp, type Signed } from '#core'
import { bookkeeping, changed } from '#db'
import { get } from './change'
import { apiKeys, apiKeyUsage } from './schema'

/** What a key did is written no more often than this. */
const WRITE_EVERY = minutes(5)
/** Days that are shown. */
const SHOWN = 30

interface Tally {
  lastAt: number
  writtenAt: number
  /** Requests since then, by day since 1970. */
  requests: Map<number, number>
}

const dayOf = (time: number) => Math.floor(time / days(1))
const nameOf = (day: number) => new Date(days(day)).toISOString().slice(0, 10)

/** Counts requests by key in memory and writes them now and then, so that a request costs no write. */
export const usageOf = perApp((app) => {
  const tallies = new Map<string, Tally>()
  let waits = false
  let writing = Promise.resolve()

  /** Writes what is due, or everything, and resolves when no write is left. No request waits for it, or fails with it. */
  const write = (now: number, everything = false): Promise<void> => {
    writing = Promise.all([writing, writeDue(now, everything)]).then(() => undefined)
    return writing
  }

  const writeDue = async (now: number, everything: boolean): Promise<void> => {
    const due = [...tallies].flatMap(([apiKeyId, tally]) => {
      if (tally.requests.size === 0 || !(everything || now - tally.writtenAt >= WRITE_EVERY)) return []
      const { requests, lastAt } = tally
      Object.assign(tally, { requests: new Map(), writtenAt: now })
      return [{ apiKeyId, lastAt, requests, tally }]
    })
    for (const [apiKeyId, tally] of tallies)
      if (tally.requests.size === 0 && now - tally.writtenAt >= WRITE_EVERY) tallies.delete(apiKeyId)
    if (due.length === 0) return
    try {
      await store(app, due)
    } catch (error) {
      app.log.warn({ error: String(error) }, 'the use of API keys was not noted; it is tried again')
      for (const { tally, requests } of due) for (const [day, n] of requests) add(tally, day, n)
    }
  }

  const note = (apiKeyId: string, now: number): void => {
    let tally = tallies.get(apiKeyId)
    if (!tally) {
      tally = { lastAt: now, writtenAt: 0, requests: new Map() }
      tallies.set(apiKeyId, tally)
    }
    tally.lastAt = now
    add(tally, dayOf(now), 1)
    if (now - tally.writtenAt >= WRITE_EVERY) void write(now)
    else if (!waits) writeRest()
  }

  // What came after the last write of a key that has gone quiet.
  const writeRest = () => {
    waits = true
    const timer = setTimeout(() => {
      waits = false
      void write(app.clock.now().getTime(), true)
    }, WRITE_EVERY)
    timer.unref()
  }

  return { note, write }
})

const add = ({ requests }: Tally, day: number, n: number) => requests.set(day, (requests.get(day) ?? 0) + n)

type Due = Pick<Tally, 'lastAt' | 'requests'> & { apiKeyId: string }

const store = (app: App, due: Due[]) =>
  bookkeeping(app, async (tx) => {
    for (const { apiKeyId, lastAt, requests } of due) {
      const lastUsedAt = sql`max(coalesce(${apiKeys.lastUsedAt}, 0), ${lastAt})`
      const known = changed(await tx.update(apiKeys).set({ lastUsedAt }).where(eq(apiKeys.id, apiKeyId)))
      if (known === 0) continue
      await tx
        .insert(apiKeyUsage)
        .values([...requests].map(([day, n]) => ({ apiKeyId, day: nameOf(day), requests: n })))
        .onConflictDoUpdate({
          target: [apiKeyUsage.apiKeyId, apiKeyUsage.day],
          set: { requests: sql`${apiKeyUsage.requests} + excluded.requests` },
        })
    }
  })

/** Requests by day of one of the caller's keys, newest first, 30 days back. Throws API_KEY_NOT_FOUND. */
export const usage = async (ctx: Signed, id: string): Promise<{ day: string; requests: number }[]> => {
  await get(ctx.db, ctx, id)
  await usageOf(ctx).write(ctx.now.getTime(), true)
  const since = nameOf(dayOf(later(ctx.now, -days(SHOWN - 1)).getTime()))
  return ctx.db
    .select({ day: apiKeyUsage.day, requests: apiKeyUsage.requests })
    .from(apiKeyUsage)
    .where(and(eq(apiKeyUsage.apiKeyId, id), gte(apiKeyUsage.day, since)))
    .orderBy(desc(apiKeyUsage.day))
}
