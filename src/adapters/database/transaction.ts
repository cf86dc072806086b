import { AsyncLocalStorage } from 'node:async_hooks'
import { type App, seconds } from '#core'
import { translate } from './errors'
import type { Builder, Database, Tx } from './port'

/** A transaction that is open longer than this is rolled back: it waits for something that is not the database. */
const TIME_LIMIT = seconds(5)

/** A transaction as the driver opened it. */
export interface Opened {
  db: Builder
  statement: Tx['statement']
  /** Rows written so far. */
  changed(): number
  commit(): void | Promise<void>
  rollback(): void | Promise<void>
  /** The turn is over, whatever the outcome. */
  release(): void
}

/** The span in which a transaction's handle may be used. */
export interface Life {
  open: boolean
}

export interface Limits {
  /** Milliseconds a transaction may stay open. */
  timeLimit?: number
  log?: Pick<App['log'], 'error'>
}

export const assertOpen = (life: Life) => {
  if (!life.open) throw new Error('This transaction is over: a query was started after its end')
}

/** Everything about transactions that does not depend on the driver. `begin` waits for its turn and opens one. */
export const transactions = (begin: (life: Life) => Promise<Opened>, limits: Limits): Database['transaction'] => {
  const current = new AsyncLocalStorage<Life>()
  const timeLimit = limits.timeLimit ?? TIME_LIMIT

  return async (work, options) => {
    if (current.getStore()?.open)
      throw new Error('A transaction was started inside a transaction: hand on its tx instead')
    const life: Life = { open: true }
    const opened = await begin(life)
    const hooks: (() => void)[] = []
    let recorded = options?.bookkeeping === true
    const { db, statement } = opened
    const tx: Tx = Object.assign(Object.create(db), {
      statement,
      afterCommit: (run: () => void) => void hooks.push(run),
      markRecorded: () => {
        recorded = true
      },
    })
    const complete = async () => {
      const result = await work(tx)
      if (opened.changed() === 0) return result
      if (!recorded)
        throw new Error('A transaction changed rows without recording an event: record one, or use bookkeeping()')
      await options?.beforeCommit?.(tx)
      return result
    }
    let result: Awaited<ReturnType<typeof work>>
    try {
      result = await within(timeLimit, current.run(life, complete), tooLong(timeLimit))
      life.open = false
      await opened.commit()
    } catch (error) {
      life.open = false
      await rollBack(opened, limits)
      throw translate(error)
    } finally {
      opened.release()
    }
    for (const hook of hooks) attempt(hook, limits)
    return result
  }
}

const tooLong = (limit: number) => () => new Error(`A transaction was open for ${limit} ms and was rolled back`)

/** What `work` resolves to, or the error if it takes longer than `limit` milliseconds. */
export const within = <T>(limit: number, work: Promise<T>, error: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(error()), limit)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })

const rollBack = async (opened: Opened, { log }: Limits) => {
  try {
    await opened.rollback()
  } catch (error) {
    log?.error({ error }, 'A transaction could not be rolled back')
  }
}

const attempt = (hook: () => void, { log }: Limits) => {
  try {
    hook()
  } catch (error) {
    // The change is committed: what was to follow it must not make it look failed.
    log?.error({ error }, 'What was to follow a commit failed')
  }
}
