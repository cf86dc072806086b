import { asc, eq, gt, sql } from 'drizzle-orm'
import { prepared, type Reader } from '#db'
import { holds, type Link } from './chain'
import type { Verdict, VerifyOptions } from './port'
import { beginning } from './record'
import { events } from './schema'

/** Rows read and checked before the event loop gets a turn: about 5 ms of work. */
const PAGE = 500

const page = prepared((db) =>
  db
    .select()
    .from(events)
    .where(gt(events.seq, sql.placeholder('after')))
    .orderBy(asc(events.seq))
    .limit(PAGE)
    .prepare(),
)

/** Recomputes the chain in constant memory, all of it or as far as the time goes. See the port. */
export const verify = async (db: Reader, { after, within }: VerifyOptions = {}): Promise<Verdict> => {
  const startedAt = performance.now()
  // The highest number ever given, which SQLite keeps apart: rows cut off at the end leave a chain that holds.
  const newest = await db.get<{ seq: number } | undefined>(sql`select seq from sqlite_sequence where name = 'events'`)
  let link = (after === undefined ? undefined : await linkAt(db, after)) ?? (await beginning(db))
  let checked = 0
  for (;;) {
    const rows = await page(db).all({ after: link.seq })
    if (rows.length === 0) break
    for (const row of rows) {
      if (!holds(row, link)) {
        const retired = await beginning(db)
        if (retired.seq <= link.seq) return { ok: false, checked, firstBroken: { seq: row.seq, id: row.id } }
        // Rows were retired while we were reading: go on from where the chain begins now.
        link = retired
        break
      }
      link = row
      checked++
    }
    if (within !== undefined && performance.now() - startedAt > within) return { ok: true, checked, next: link.seq }
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (newest && link.seq < newest.seq) return { ok: false, checked, firstBroken: { seq: link.seq + 1, id: null } }
  return { ok: true, checked }
}

const linkAt = async (db: Reader, seq: number): Promise<Link | undefined> =>
  (await db.select({ seq: events.seq, hash: events.hash }).from(events).where(eq(events.seq, seq)))[0]
