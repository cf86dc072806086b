import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { type Condition, decode, encode, type HranaRequest, type Statement } from './hrana-protocol'

/** One connection to the file, and the SQL texts that the client has stored on it. */
interface Stream {
  path: string
  db: Database.Database
  texts: Map<number, string>
}

export interface LibsqlServer {
  url: string
  /** The file behind it. Open it with `libsql` only. */
  path: string
  /** Answers nothing any more, as a server that hangs; `false` lets it go on. */
  freeze(frozen: boolean): void
  stop(): Promise<void>
}

/** How long a connection waits for the write lock before it answers SQLITE_BUSY, in milliseconds. */
const LOCK_PATIENCE = 100

/**
 * A libSQL server: the real engine on a file, behind the protocol that the real client speaks. No package ships `sqld`.
 * One request at a time, like SQLite itself; a stream that was not closed keeps its transaction.
 */
export const startLibsqlServer = (options: { authToken?: string } = {}): LibsqlServer => {
  const folder = mkdtempSync(join(tmpdir(), 'libsql-'))
  const path = join(folder, 'data.db')
  const first = new Database(path)
  first.exec('PRAGMA journal_mode = WAL')
  first.close()
  const streams = new Map<string, Stream>()
  let thaw: (() => void) | undefined
  let frozen: Promise<void> | undefined

  const pipeline = async (body: { baton?: string | null; requests: HranaRequest[] }) => {
    const baton = body.baton ?? undefined
    const known = baton === undefined ? open(path) : streams.get(baton)
    if (!known) return new Response('unknown baton', { status: 400 })
    if (baton !== undefined) streams.delete(baton)
    const results: unknown[] = []
    let closed = false
    for (const request of body.requests) {
      if (request.type === 'close') closed = true
      try {
        results.push({ type: 'ok', response: await answer(known, request) })
      } catch (error) {
        results.push({ type: 'error', error: problem(error) })
      }
    }
    if (closed) {
      if (known.db.inTransaction) known.db.exec('ROLLBACK')
      known.db.close()
      return Response.json({ baton: null, base_url: null, results })
    }
    const next = crypto.randomUUID()
    streams.set(next, known)
    return Response.json({ baton: next, base_url: null, results })
  }

  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: async (request) => {
      await frozen
      if (request.signal.aborted) return new Response(null)
      if (options.authToken && request.headers.get('authorization') !== `Bearer ${options.authToken}`) {
        return Response.json({ message: 'unauthorized' }, { status: 401 })
      }
      const { pathname } = new URL(request.url)
      if (request.method === 'GET')
        return new Response(null, { status: pathname === '/v3' || pathname === '/v2' ? 200 : 404 })
      return /^\/v[23]\/pipeline$/.test(pathname) ? pipeline(await request.json()) : new Response(null, { status: 404 })
    },
  })

  return {
    url: `http://127.0.0.1:${server.port}`,
    path,
    freeze: (on) => {
      thaw?.()
      const gate = Promise.withResolvers<void>()
      thaw = on ? gate.resolve : undefined
      frozen = on ? gate.promise : undefined
    },
    stop: async () => {
      thaw?.()
      await server.stop(true)
      for (const { db } of streams.values()) db.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const open = (path: string): Stream => ({ path, db: new Database(path), texts: new Map() })

const answer = async (stream: Stream, request: HranaRequest): Promise<unknown> => {
  switch (request.type) {
    case 'execute':
      return { type: 'execute', result: await execute(stream, request.stmt) }
    case 'batch':
      return { type: 'batch', result: await batch(stream, request.batch.steps) }
    case 'sequence':
      stream.db.exec(textOf(stream, request))
      return { type: 'sequence' }
    case 'store_sql':
      stream.texts.set(request.sql_id, request.sql)
      return { type: 'store_sql' }
    case 'close_sql':
      stream.texts.delete(request.sql_id)
      return { type: 'close_sql' }
    case 'get_autocommit':
      return { type: 'get_autocommit', is_autocommit: !stream.db.inTransaction }
    case 'close':
      return { type: 'close' }
  }
}

const batch = async (stream: Stream, steps: { stmt: Statement; condition?: Condition | null }[]) => {
  const results: unknown[] = []
  const errors: unknown[] = []
  const holds = (condition: Condition): boolean => {
    switch (condition.type) {
      case 'ok':
        return results[condition.step] !== null
      case 'error':
        return errors[condition.step] !== null
      case 'not':
        return !holds(condition.cond)
      case 'and':
        return condition.conds.every(holds)
      case 'or':
        return condition.conds.some(holds)
      case 'is_autocommit':
        return !stream.db.inTransaction
    }
  }
  for (const { stmt, condition } of steps) {
    const skipped = condition ? !holds(condition) : false
    const [result, error] = skipped ? [null, null] : await attempt(stream, stmt)
    results.push(result)
    errors.push(error)
  }
  return { step_results: results, step_errors: errors }
}

const attempt = async (stream: Stream, statement: Statement) => {
  try {
    return [await execute(stream, statement), null]
  } catch (error) {
    return [null, problem(error)]
  }
}

/** Runs a statement; one that finds the database locked is tried again without blocking the thread that has to unlock it. */
const execute = async (stream: Stream, statement: Statement) => {
  for (const asked = performance.now(); ; await Bun.sleep(2)) {
    try {
      return run(stream, statement)
    } catch (error) {
      if (!problem(error).code.startsWith('SQLITE_BUSY') || stream.db.inTransaction) throw error
      // This library leaves a connection that was refused unusable.
      stream.db.close()
      stream.db = new Database(stream.path)
      if (performance.now() - asked > LOCK_PATIENCE) throw error
    }
  }
}

const run = (stream: Stream, statement: Statement) => {
  const { db } = stream
  const sql = textOf(stream, statement)
  const prepared = db.prepare(sql).safeIntegers(true)
  const named = (statement.named_args ?? []).map(({ name, value }) => [name.replace(/^[:@$]/, ''), decode(value)])
  const args = named.length > 0 ? [Object.fromEntries(named)] : (statement.args ?? []).map(decode)
  if (!prepared.reader) {
    const { changes, lastInsertRowid } = prepared.run(...args)
    return { cols: [], rows: [], affected_row_count: Number(changes), last_insert_rowid: String(lastInsertRowid) }
  }
  const columns = prepared.columns()
  const before = totalChanges(db)
  const rows = prepared.raw(true).all(...args)
  return {
    cols: columns.map(({ name, type }) => ({ name, decltype: type })),
    rows: rows.map((row) => (Array.isArray(row) ? row.map(encode) : [])),
    affected_row_count: totalChanges(db) - before,
    last_insert_rowid: null,
  }
}

const totalChanges = (db: Database.Database) =>
  Number(Object.values(Object(db.prepare('SELECT total_changes()').get()))[0])

const textOf = ({ texts }: Stream, { sql, sql_id }: { sql?: string; sql_id?: number }) =>
  sql ?? texts.get(sql_id ?? -1) ?? ''

const problem = (error: unknown): { message: string; code: string } => ({
  message: error instanceof Error ? error.message : String(error),
  code: error instanceof Error && 'code' in error ? String(error.code) : 'SQLITE_ERROR',
})
