import type { Context } from '#core'
import { journal, transaction } from '#db'
import { backupDownloaded } from './events'
import { failures } from './failures'
import { getComplete } from './find'
import { packedKey } from './vault'

/** The file of a backup, and a name for it. Throws BACKUP_NOT_FOUND, BACKUP_NOT_READY, BACKUP_GONE. */
export const download = async (ctx: Context, id: string) => {
  const { encrypted, createdAt } = await getComplete(ctx, id)
  const found = await ctx.vault.get(packedKey(id))
  if (!found) throw failures.BACKUP_GONE()
  await transaction(ctx, (tx) => journal.record(tx, ctx, backupDownloaded, { backupId: id }))
  const name = `backup-${createdAt.toISOString().slice(0, 16).replace(/[-:]/g, '')}.tar.zst${encrypted ? '.enc' : ''}`
  return { ...found, name }
}
