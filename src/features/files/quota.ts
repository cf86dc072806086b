import { and, eq, lte, sql, sum } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { failures } from './failures'
import { files, fileUsage } from './schema'

/** Takes so many bytes of a person's space, in one statement that does not take what is not there. Throws QUOTA_EXCEEDED. */
export const takeSpace = async (tx: Tx, ctx: Context, ownerId: string, bytes: number) => {
  const quota = ctx.config.upload.quotaBytes
  if (bytes > quota) throw failures.QUOTA_EXCEEDED()
  const [taken] = await tx
    .insert(fileUsage)
    .values({ ownerId, bytes })
    .onConflictDoUpdate({
      target: fileUsage.ownerId,
      set: { bytes: sql`${fileUsage.bytes} + ${bytes}` },
      setWhere: lte(fileUsage.bytes, quota - bytes),
    })
    .returning()
  if (!taken) throw failures.QUOTA_EXCEEDED()
}

/** Gives bytes back. */
export const giveSpaceBack = async (tx: Tx, ownerId: string, bytes: number) => {
  await tx
    .update(fileUsage)
    .set({ bytes: sql`max(0, ${fileUsage.bytes} - ${bytes})` })
    .where(eq(fileUsage.ownerId, ownerId))
  await tx.delete(fileUsage).where(and(eq(fileUsage.ownerId, ownerId), eq(fileUsage.bytes, 0)))
}

/** Throws QUOTA_EXCEEDED if so many bytes would not fit now: spares the work on what will be refused anyway. */
export const expectSpace = async (ctx: Context, ownerId: string, bytes: number) => {
  const [usage] = await ctx.db.select().from(fileUsage).where(eq(fileUsage.ownerId, ownerId))
  if ((usage?.bytes ?? 0) + bytes > ctx.config.upload.quotaBytes) throw failures.QUOTA_EXCEEDED()
}

/** How many files there are, and the bytes that they take. */
export const usedSpace = async ({ db }: Context): Promise<Record<string, number>> => {
  const [used] = await db.select({ bytes: sum(fileUsage.bytes).mapWith(Number) }).from(fileUsage)
  return { files: await db.$count(files, eq(files.status, 'ready')), fileBytes: used?.bytes ?? 0 }
}
