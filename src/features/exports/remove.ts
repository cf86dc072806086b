import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { and, eq, inArray, lt, lte } from 'drizzle-orm'
import { type Context, days, defineJob, later, type Signed, type Tx } from '#core'
import { bookkeeping, enqueue, journal, transaction } from '#db'
import { exportRemoved } from './events'
import { get } from './request'
import { exports } from './schema'
import { described, keyOf } from './view'

/** How long the list tells of files that are gone. */
const REMEMBERED = days(30)
const BATCH = 100
/** An export is written within hours. */
const LEFT_BEHIND = days(1)

/** Cancels an export that is under way; deletes one that is over, with its file. Throws EXPORT_NOT_FOUND. */
export const remove = async (ctx: Signed, id: string) => {
  const row = await get(ctx, id)
  await transaction(ctx, async (tx) => {
    const [cancelled] = await tx
      .update(exports)
      .set({ status: 'cancelled' })
      .where(and(eq(exports.id, id), inArray(exports.status, ['pending', 'running'])))
      .returning()
    if (!cancelled) await tx.delete(exports).where(eq(exports.id, id))
    await journal.record(tx, ctx, exportRemoved, described(row))
    await enqueue(tx, ctx, removeFiles, { ids: [id] })
  })
}

/** Removes files whose rows say nothing of them any more. */
export const removeFiles = defineJob<{ ids: string[] }>('exports.remove', {
  queue: 'files',
  run: async (ctx, { ids }) => {
    for (const id of ids) await ctx.storage.delete(keyOf(id))
  },
})

/** What is held for a person who is erased. */
export const eraseUser = async (tx: Tx, ctx: Context, userId: string) => {
  const gone = await tx.delete(exports).where(eq(exports.ownerId, userId)).returning({ id: exports.id })
  if (gone.length > 0) await enqueue(tx, ctx, removeFiles, { ids: gone.map(({ id }) => id) })
}

/** Removes files whose time is over, and rows that nobody needs any more. */
export const purge = defineJob<Record<string, never>>('exports.purge', {
  run: async (ctx) => {
    for (;;) {
      const over = and(eq(exports.status, 'completed'), lte(exports.expiresAt, ctx.now))
      const due = await ctx.db.select({ id: exports.id }).from(exports).where(over).limit(BATCH)
      if (due.length === 0) break
      const ids = due.map(({ id }) => id)
      for (const id of ids) await ctx.storage.delete(keyOf(id))
      await bookkeeping(ctx, async (tx) => {
        await tx.update(exports).set({ status: 'expired', tokenDigest: null }).where(inArray(exports.id, ids))
      })
    }
    await bookkeeping(ctx, async (tx) => {
      await tx.delete(exports).where(lt(exports.createdAt, later(ctx.now, -REMEMBERED)))
    })
    await clearWorkplace(ctx)
  },
})

/** What a process that died was writing, if nobody has gone on with it: it was cancelled meanwhile. */
const clearWorkplace = async (ctx: Context) => {
  const folder = join(ctx.config.dataDir, 'exports')
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found && found.mtimeMs < later(ctx.now, -LEFT_BEHIND).getTime()) await rm(path, { force: true })
  }
}
