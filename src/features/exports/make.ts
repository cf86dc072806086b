import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { and, eq, inArray } from 'drizzle-orm'
import { type Context, days, defineJob, digest, hours, later, PermanentFailure, type Task } from '#core'
import { bookkeeping, changed, journal, transaction } from '#db'
import { sendMail } from '#mail'
import { mayHave } from './download'
import { exportCompleted, exportFailed } from './events'
import { tokenOf } from './link'
import { exportFailedMail, exportReadyMail } from './mails'
import { type ExportRow, exports } from './schema'
import { described, keyOf } from './view'
import { writeMine } from './write-mine'
import { writeUsers } from './write-users'

/** How long a file can be downloaded. */
export const LIFETIME = days(2)
const TIMEOUT = hours(2)
/** Progress is written down so often, in milliseconds. */
const PROGRESS_PAUSE = 500

/** Makes the file aside and stores it. What a crash left half done is begun anew, so that it is of one moment. */
export const makeExport = defineJob<{ exportId: string }>('exports.make', {
  queue: 'heavy',
  timeout: TIMEOUT,
  maxAttempts: 5,
  run: async (ctx, { exportId }, task) => {
    const [row] = await bookkeeping(ctx, (tx) =>
      tx.update(exports).set({ status: 'running', progress: 0 }).where(underWay(exportId)).returning(),
    )
    if (!row) return
    const folder = join(ctx.config.dataDir, 'exports')
    const to = join(folder, exportId)
    await mkdir(folder, { recursive: true })
    try {
      if (!(await mayHave(ctx, row))) throw new PermanentFailure('Its owner may not have it any more')
      await produce(ctx, row, to, task)
    } catch (error) {
      if (error instanceof PermanentFailure || task.attempt >= task.maxAttempts) await fail(ctx, row, error)
      throw error
    } finally {
      await rm(to, { force: true })
    }
  },
})

const underWay = (id: string) => and(eq(exports.id, id), inArray(exports.status, ['pending', 'running']))

const produce = async (ctx: Context, row: ExportRow, to: string, task: Task) => {
  const stop = new AbortController()
  const signal = AbortSignal.any([task.signal, stop.signal])
  const onProgress = throttled((progress) => {
    task.progress(progress)
    const write = bookkeeping(ctx, (tx) => tx.update(exports).set({ progress }).where(underWay(row.id)))
    // Nothing to write to: it was cancelled.
    write.then(
      (result) => changed(result) === 0 && stop.abort(),
      () => undefined,
    )
  })
  const file = { to, signal, onProgress }
  try {
    const made = row.kind === 'me' ? await writeMine(ctx, row, to) : await writeUsers(ctx, row, file)
    await ctx.storage.put(keyOf(row.id), Bun.file(to))
    if (!(await complete(ctx, row, made))) await ctx.storage.delete(keyOf(row.id))
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
}

/** What was made. */
export interface Made {
  rows: number
  size: number
  sha256: string
}

/** Returns nothing if it was cancelled meanwhile. */
const complete = (ctx: Context, row: ExportRow, { rows, size, sha256 }: Made) =>
  transaction(ctx, async (tx) => {
    const now = ctx.clock.now()
    const set = { rows, size, sha256, completedAt: now, expiresAt: later(now, LIFETIME) }
    const [done] = await tx
      .update(exports)
      .set({ ...set, status: 'completed', progress: 1, tokenDigest: digest(tokenOf(ctx, row.id)) })
      .where(underWay(row.id))
      .returning()
    if (!done) return
    await journal.record(tx, ctx, exportCompleted, { ...described(row), rows, size })
    if (row.mail) await sendMail(tx, ctx, exportReadyMail, { userId: row.ownerId, exportId: row.id })
    return done
  })

const fail = (ctx: Context, row: ExportRow, error: unknown) =>
  transaction(ctx, async (tx) => {
    const problem = error instanceof Error ? error.message : String(error)
    const [failed] = await tx.update(exports).set({ status: 'failed', problem }).where(underWay(row.id)).returning()
    if (!failed) return
    await journal.record(tx, ctx, exportFailed, described(row))
    if (row.mail) await sendMail(tx, ctx, exportFailedMail, { userId: row.ownerId, exportId: row.id })
  })

const throttled = (tell: (fraction: number) => void) => {
  let last = 0
  return (fraction: number) => {
    if (performance.now() - last < PROGRESS_PAUSE) return
    last = performance.now()
    tell(fraction)
  }
}
