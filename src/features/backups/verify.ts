import { rm } from 'node:fs/promises'
import { desc, eq } from 'drizzle-orm'
import { type Context, defineJob, Failure, hours, newId } from '#core'
import { journal, transaction } from '#db'
import { backupVerified } from './events'
import { failures } from './failures'
import { getComplete } from './find'
import { asideOf } from './make'
import { type Backup, backups } from './schema'
import { fetchTo, workplace } from './vault'

const TIMEOUT = hours(4)

/**
 * Restores a backup to the side: fetched, checksum, decrypted, unpacked, integrity, foreign keys, version, row counts. Says
 * what came of it. Throws BACKUP_NOT_FOUND, BACKUP_NOT_READY, BACKUP_NOT_SUPPORTED and what the vault throws.
 */
export const verify = async (ctx: Context, id: string, signal?: AbortSignal): Promise<Backup> => {
  const backup = await getComplete(ctx, id)
  const problem = await problemOf(ctx, backup, signal)
  const verified = problem === undefined
  return transaction(ctx, async (tx) => {
    const [checked] = await tx
      .update(backups)
      .set({ verified, verifiedAt: ctx.now, problem: problem ?? null })
      .where(eq(backups.id, id))
      .returning()
    if (!checked) throw failures.BACKUP_NOT_FOUND()
    await journal.record(tx, ctx, backupVerified, { backupId: id, verified, ...(problem && { problem }) })
    return checked
  })
}

const problemOf = async (ctx: Context, { id, sha256 }: { id: string; sha256: string }, signal?: AbortSignal) => {
  const fetched = await workplace(ctx, `check-${newId()}`)
  try {
    await fetchTo(ctx, id, fetched)
    const keys = ctx.config.backup.encryptionKeys
    const task = { from: fetched, into: `${fetched}.d`, sha256, keys, keep: false }
    await asideOf(ctx).unpack(task, signal ? { signal } : {})
    return undefined
  } catch (error) {
    if (error instanceof Failure && ['backup_invalid', 'backup_gone'].includes(error.code)) return error.message
    throw error
  } finally {
    await rm(fetched, { force: true })
    await rm(`${fetched}.d`, { recursive: true, force: true })
  }
}

/** The rehearsal: a backup that nobody has tried is a hope. Takes the newest. */
export const drill = defineJob<Record<string, never>>('backups.drill', {
  queue: 'heavy',
  timeout: TIMEOUT,
  maxAttempts: 3,
  run: async (ctx, _payload, task) => {
    if (!ctx.database.aside) return
    const [newest] = await ctx.db
      .select({ id: backups.id })
      .from(backups)
      .where(eq(backups.status, 'completed'))
      .orderBy(desc(backups.createdAt), desc(backups.id))
      .limit(1)
    if (newest) await verify(ctx, newest.id, task.signal)
  },
})
