import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '#core'

/** Rows in which something of a person was found. */
interface Trace {
  table: string
  column: string
  /** What was looked for. */
  of: 'id' | 'email'
  rows: number
}

export interface ErasureReport {
  /** Nothing that should not be there was found. */
  clean: boolean
  tables: number
  columns: number
  found: Trace[]
  /** What stays on purpose: the id, which by then leads to nobody. */
  kept: Trace[]
}

/**
 * Tables where an id outlives its person: the journal says what happened and when, and its chain of hashes covers the id;
 * a job that waits finds nobody and goes away.
 */
const KEEP_THE_ID = ['events', 'jobs']

/**
 * Looks for an id and an address in every column of every table of the database, whatever feature owns it. Run it after
 * an erasure to prove that nothing is left. Reads everything once, a table at a time.
 */
export const residueOf = async (ctx: Context, person: { id: string; email: string }): Promise<ErasureReport> => {
  const report: ErasureReport = { clean: true, tables: 0, columns: 0, found: [], kept: [] }
  const wanted = [
    ['id', person.id],
    ['email', person.email],
  ] as const
  for (const table of await namesIn(ctx, sql`select name from sqlite_schema where type = 'table' order by name`)) {
    const columns = await namesIn(ctx, sql`select name from pragma_table_info(${table})`)
    report.tables += 1
    report.columns += columns.length
    for (const [of, value] of wanted) {
      for (const trace of await tracesIn(ctx, table, columns, value)) {
        const kept = of === 'id' && KEEP_THE_ID.includes(table)
        report[kept ? 'kept' : 'found'].push({ table, ...trace, of })
      }
    }
    // A big table takes a while: let others in between.
    await new Promise(setImmediate)
  }
  report.clean = report.found.length === 0
  return report
}

const namesIn = async (ctx: Context, query: SQL): Promise<string[]> =>
  (await ctx.db.all<{ name: string }>(query)).map(({ name }) => name)

const tracesIn = async (ctx: Context, table: string, columns: readonly string[], value: string) => {
  // As bytes, so that what stands in a blob is found too; letters of either case.
  const holds = (column: string) =>
    sql`coalesce(sum(instr(lower(cast(${sql.identifier(column)} as text)), ${value.toLowerCase()}) > 0), 0)`
  const counts = columns.map((column, i) => sql`${holds(column)} as ${sql.identifier(`c${i}`)}`)
  const [row = {}] = await ctx.db.all<Record<string, number>>(
    sql`select ${sql.join(counts, sql`, `)} from ${sql.identifier(table)}`,
  )
  return columns.flatMap((column, i) => {
    const rows = row[`c${i}`] ?? 0
    return rows > 0 ? [{ column, rows }] : []
  })
}
