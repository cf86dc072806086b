import { type Context, perApp, type Tx } from '#core'
import { bookkeeping } from '#db'

interface Waiting {
  run: (tx: Tx) => Promise<void>
  resolve: () => void
  reject: (error: unknown) => void
}

const gathering = perApp((app) => {
  let waiting: Waiting[] = []
  let writing = false
  const write = async () => {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await bookkeeping(app, async (tx) => {
          for (const { run } of batch) await run(tx)
        })
        for (const { resolve } of batch) resolve()
      } catch {
        // One of them has failed, and the others are not to blame.
        for (const { run, resolve, reject } of batch) await bookkeeping(app, run).then(resolve, reject)
      }
    }
    writing = false
  }
  return (one: Waiting) => {
    waiting.push(one)
    if (!writing) void write()
  }
})

/**
 * Bookkeeping of many jobs in as few transactions as can be: while one is committed, the next ones gather. `work` may
 * run twice, and what it returns is that of the run that was committed.
 */
export const together = <T>(ctx: Context, work: (tx: Tx) => Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    let result: T
    gathering(ctx)({
      run: async (tx) => {
        result = await work(tx)
      },
      resolve: () => resolve(result),
      reject,
    })
  })
