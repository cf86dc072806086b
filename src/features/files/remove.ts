import { and, eq, inArray, ne, or } from 'drizzle-orm'
import { type Context, defineJob, type Tx } from '#core'
import { bookkeeping, changed, enqueue, journal, moreAfter, someOf, transaction } from '#db'
import { dropAvatar } from '#features/users'
import { described, fileDeleted } from './events'
import { failures } from './failures'
import { keysOf } from './keys'
import { giveSpaceBack } from './quota'
import { type FileRow, files, fileUsage } from './schema'

/** Files whose objects one step of the job removes. */
const BATCH = 100

/** Ends a file: nobody sees it any more, its space is free; a job removes the objects. Throws FILE_NOT_FOUND. */
export const remove = (ctx: Context, id: string, ownerId?: string) =>
  transaction(ctx, async (tx) => {
    const owned = ownerId === undefined ? undefined : eq(files.ownerId, ownerId)
    const [file] = await tx
      .update(files)
      .set({ status: 'leaving' })
      .where(and(eq(files.id, id), eq(files.status, 'ready'), owned))
      .returning()
    if (!file) throw failures.FILE_NOT_FOUND()
    await depart(tx, ctx, file)
    await enqueue(tx, ctx, removeFiles, { ownerId: file.ownerId })
  })

/** What else goes with a file that has just left. */
export const depart = async (tx: Tx, ctx: Context, file: FileRow) => {
  await giveSpaceBack(tx, file.ownerId, file.size)
  await dropAvatar(tx, ctx, file.ownerId, file.id)
  await journal.record(tx, ctx, fileDeleted, described(file))
}

/** Marks the files of a person who is erased, some at a time, and has their objects removed. */
export const removeAll = async (tx: Tx, ctx: Context, ownerId: string) => {
  const named = and(eq(files.ownerId, ownerId), or(ne(files.status, 'leaving'), ne(files.name, '')))
  const marked = await tx.update(files).set({ status: 'leaving', name: '', sha256: null }).where(someOf(files, named))
  await tx.delete(fileUsage).where(eq(fileUsage.ownerId, ownerId))
  if (changed(marked) > 0) await enqueue(tx, ctx, removeFiles, { ownerId })
  return moreAfter(marked)
}

/** Removes the objects of a person's files that have left, variants too, and then the rows. */
export const removeFiles = defineJob<{ ownerId: string }>('files.remove', {
  queue: 'files',
  run: async (ctx, { ownerId }, { signal }) => {
    for (;;) {
      const gone = await ctx.db
        .select({ id: files.id })
        .from(files)
        .where(and(eq(files.ownerId, ownerId), eq(files.status, 'leaving')))
        .limit(BATCH)
      if (gone.length === 0 || signal.aborted) return
      await discard(
        ctx,
        gone.map(({ id }) => id),
      )
    }
  },
})

/** Removes objects and rows of files that have left. */
export const discard = async (ctx: Context, ids: string[]) => {
  for (const id of ids) await removeObjects(ctx, id)
  await bookkeeping(ctx, async (tx) => {
    await tx.delete(files).where(and(inArray(files.id, ids), eq(files.status, 'leaving')))
  })
}

export const removeObjects = async (ctx: Context, fileId: string) => {
  for (const key of keysOf(fileId)) await ctx.storage.delete(key)
}
