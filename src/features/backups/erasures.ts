import { eq } from 'drizzle-orm'
import { type Context, defineJob, digest, type Tx } from '#core'
import { bookkeeping, enqueue, journal, transaction } from '#db'
import { erase } from '#features/auth'
import { list } from '#features/users'
import { backupRestored, restoreFailed } from './events'
import { backups, erasures } from './schema'
import { allDescribed, allErased, rememberErased } from './vault'

/** Notes that somebody was erased, in their erasure's transaction, and tells the vault. No id: only its digest. */
export const noteErased = async (tx: Tx, ctx: Context, userId: string) => {
  const hash = digest(userId)
  await tx.insert(erasures).values({ digest: hash, erasedAt: ctx.now }).onConflictDoNothing()
  await tx.update(backups).set({ requestedBy: null }).where(eq(backups.requestedBy, userId))
  await enqueue(tx, ctx, keepErased, { digest: hash }, { dedupeKey: `erased:${hash}` })
}

/** Keeps a digest outside the database: one that is lost with its volume must not bring anybody back. */
export const keepErased = defineJob<{ digest: string }>('backups.keep-erased', {
  queue: 'backups',
  run: async (ctx, payload) => void (await rememberErased(ctx, payload.digest)),
})

/**
 * What a restored database needs before anybody is served: people who were erased after the backup are erased again, and
 * the list of backups is what lies in the vault. Throws if the vault does not answer: nobody may come back by accident.
 */
export const afterRestore = async (ctx: Context) => {
  const outcome = ctx.database.aside?.outcome()
  if (!outcome) return
  const { ok, backupId, problem } = outcome
  if (ok) {
    await eraseAgain(ctx)
    await reconcile(ctx)
  }
  await transaction(ctx, async (tx) => {
    await journal.record(tx, ctx, ok ? backupRestored : restoreFailed, { backupId, ...(problem && { problem }) })
  })
  ctx.database.aside?.settle()
}

const eraseAgain = async (ctx: Context) => {
  const gone = new Set((await ctx.db.select().from(erasures)).map((row) => row.digest))
  for await (const hash of allErased(ctx)) gone.add(hash)
  if (gone.size === 0) return
  const back: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await list(ctx, { limit: '100', deleted: 'with', ...(cursor && { cursor }) })
    for (const { id } of page.data) if (gone.has(digest(id))) back.push(id)
    cursor = page.meta.nextCursor
  }
  for (const id of back) await erase(ctx, id)
}

/** The table is as old as the backup: what lies in the vault counts. */
export const reconcile = async (ctx: Context) => {
  const known = new Map((await ctx.db.select().from(backups)).map((row) => [row.id, row]))
  for await (const { id, size, sha256, encrypted, createdAt } of allDescribed(ctx)) {
    const row = known.get(id)
    known.delete(id)
    if (row?.status === 'completed') continue
    const found = {
      status: 'completed' as const,
      size,
      sha256,
      encrypted,
      createdAt: new Date(createdAt),
      completedAt: ctx.now,
    }
    await bookkeeping(ctx, async (tx) => {
      await tx
        .insert(backups)
        .values({ id, ...found })
        .onConflictDoUpdate({ target: backups.id, set: found })
    })
  }
  for (const { id, status } of known.values()) if (status !== 'failed') await lost(ctx, id)
}

const lost = (ctx: Context, id: string) =>
  bookkeeping(ctx, async (tx) => {
    const set = { status: 'failed' as const, problem: 'There is no such file any more' }
    await tx.update(backups).set(set).where(eq(backups.id, id))
  })
