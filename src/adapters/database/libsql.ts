import { type Client, createClient, type InStatement, type ResultSet, type Transaction } from '@libsql/client/http'
import { LibSQLDatabase } from 'drizzle-orm/libsql/driver-core'
import { LibSQLSession } from 'drizzle-orm/libsql/session'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import { seconds } from '#core'
import { databaseBusy, databaseUnavailable, isBusy, translate } from './errors'
import { createMutex } from './mutex'
import type { Builder, Database, Reader } from './port'
import { remember, withRows } from './statements'
import { assertOpen, type Life, type Limits, type Opened, transactions, within } from './transaction'

/** How long a transaction waits for a lock that another process holds. */
const PATIENCE = seconds(5)
/** Longest pause between two tries for that lock, in milliseconds. */
const RETRY_PAUSE = 50
/** After this a request to the server has failed. */
const ANSWER_LIMIT = seconds(10)
const PING_LIMIT = seconds(2)

export interface RemoteOptions extends Limits {
  /** Milliseconds to wait for a lock that another process holds. */
  patience?: number
}

/** A client of a libSQL server whose requests end, one way or the other. */
export const connectRemote = (url: string, authToken?: string, answerLimit = ANSWER_LIMIT): Client =>
  createClient({
    url,
    ...(authToken === undefined ? {} : { authToken }),
    fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(answerLimit) }),
  })

/** Opens a database on a libSQL server (`libsql://`, `http(s)://`). The same promises as a file, a round trip per query. */
export const openRemote = (client: Client, options: RemoteOptions = {}): Database => {
  const mutex = createMutex()
  const reader = over(readOnly(client))

  const begin = async (life: Life): Promise<Opened> => {
    const asked = performance.now()
    // The server writes one by one anyway; waiting here keeps the order and its lock short.
    await mutex.acquire()
    let tx: Transaction
    try {
      tx = await plainly(() => client.transaction('write'))
    } catch (error) {
      mutex.release()
      throw error
    }
    let started = false
    let changed = 0
    /** `BEGIN IMMEDIATE` travels with the first query: while another process holds the lock, both are sent again. */
    const start = async (statement: InStatement): Promise<ResultSet> => {
      for (;;) {
        try {
          return await tx.execute(statement)
        } catch (error) {
          if (!isBusy(error)) throw error
          if (performance.now() - asked > (options.patience ?? PATIENCE)) throw databaseBusy(error)
          tx.close()
          await Bun.sleep(Math.random() * RETRY_PAUSE)
          assertOpen(life)
          tx = await client.transaction('write')
        }
      }
    }
    const execute = async (statement: InStatement) => {
      assertOpen(life)
      const result = started ? await tx.execute(statement) : await start(statement)
      started = true
      changed += result.rowsAffected
      return result
    }
    const db = over({ execute })
    return {
      db,
      statement: (build) => build(db),
      changed: () => changed,
      commit: () => tx.commit(),
      rollback: async () => {
        try {
          await within(PING_LIMIT, tx.rollback(), databaseUnavailable)
        } finally {
          tx.close()
        }
      },
      release: mutex.release,
    }
  }

  return {
    kind: 'remote',
    reader: Object.assign(reader, { statement: remember(reader) }) satisfies Reader,
    transaction: transactions(begin, options),
    ping: () =>
      within(
        PING_LIMIT,
        plainly(async () => void (await client.execute('SELECT 1'))),
        databaseUnavailable,
      ),
    close: async () => client.close(),
  }
}

/** A client, or the one transaction that a tx handle stands for. */
type Executor = Pick<Client, 'execute'>

/** Drizzle over it. A transaction gets its own, so that a handle kept too long cannot reach the next one. */
const over = (executor: Executor): Builder => {
  // The session calls nothing but `execute`: batches and drizzle's own transactions are not part of the port.
  const session = new Session(executor as Client, dialect, undefined, {}, undefined)
  return withRows(new LibSQLDatabase('async', dialect, session, undefined))
}

const dialect = new SQLiteAsyncDialect()

/** What a file's reader refuses by itself, so that a write outside a transaction fails on either driver. */
const readOnly = (client: Client): Executor => ({
  execute: (statement: InStatement) => {
    const text = typeof statement === 'string' ? statement : statement.sql
    if (!/^\s*(select|with|explain)\b/i.test(text)) throw new Error('A write outside a transaction was refused')
    return client.execute(statement)
  },
})

/** Drizzle wraps every error in one whose message holds the values of the query. They belong in no log. */
class Session extends LibSQLSession<Record<string, never>, Record<string, never>> {
  override prepareQuery: LibSQLSession<Record<string, never>, Record<string, never>>['prepareQuery'] = (...args) =>
    Object.assign(super.prepareQuery(...args), { queryWithCache: plain })
}

const plain = <T>(_sql: string, _values: unknown[], run: () => Promise<T>): Promise<T> => plainly(run)

const plainly = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run()
  } catch (error) {
    throw translate(error)
  }
}
