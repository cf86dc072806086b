import { Database as Sqlite } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Task } from './aside'
import type { WrittenRows } from './port'
import { rowWriter } from './row-formats'

const BATCH = 2000

type Writing = Extract<Task, { do: 'rows' }>

/** Writes what a query answers into a file, some rows at a time, all from one snapshot. */
export const writeRows = async (
  task: Writing,
  progress: (fraction: number) => void,
  release: () => void,
): Promise<WrittenRows> => {
  const db = new Sqlite(task.database, { readonly: true })
  const file = await open(task.to, 'w', 0o600)
  const hash = createHash('sha256')
  let [size, rows] = [0, 0]
  const write = async (text: string) => {
    const bytes = Buffer.from(text)
    hash.update(bytes)
    size += bytes.length
    await file.writeFile(bytes)
  }
  try {
    db.run('PRAGMA busy_timeout = 5000')
    // One read transaction: whatever is written meanwhile is not seen.
    db.run('BEGIN')
    const params = task.params.map(toParameter)
    const total =
      db.query<{ n: number }, never[]>(`SELECT count(*) AS n FROM (${task.sql})`).get(...(params as never[]))?.n ?? 0
    const writer = rowWriter(task.format)
    let batch: Record<string, unknown>[] = []
    const flush = async () => {
      if (batch.length > 0) await write(writer.rows(batch))
      rows += batch.length
      batch = []
      progress(total === 0 ? 1 : rows / total)
    }
    const query = db.query<Record<string, unknown>, never[]>(task.sql)
    await write(writer.begin(query.columnNames))
    for (const row of query.iterate(...(params as never[]))) {
      batch.push(row)
      if (batch.length >= BATCH) await flush()
    }
    await flush()
    await write(writer.end())
    await file.sync()
    return { rows, size, sha256: hash.digest('hex') }
  } finally {
    await file.close()
    db.close()
    release()
  }
}

const toParameter = (value: unknown) => (typeof value === 'boolean' ? Number(value) : value)
