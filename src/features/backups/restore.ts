import { rm } from 'node:fs/promises'
import { type Context, newId, REOPEN } from '#core'
import { journal, transaction } from '#db'
import { restoreOrdered } from './events'
import { getComplete } from './find'
import { asideOf, expectNone } from './make'
import { fetchTo, workplace } from './vault'

/** Rows that outlive the database that they are in. */
export const CARRIED = ['erasures']
/** Milliseconds for the reply to leave before requests are held. */
const REPLY = 100

/**
 * Unpacks and checks a backup, and has it take the place of the database: requests wait while everything is opened anew.
 * Nothing has changed until then. A dry run ends after the check. Throws BACKUP_NOT_FOUND, BACKUP_NOT_READY, BACKUP_INVALID,
 * BACKUP_GONE, BACKUP_IN_PROGRESS, BACKUP_NOT_SUPPORTED.
 */
export const restore = async (ctx: Context, id: string, dryRun: boolean) => {
  const aside = asideOf(ctx)
  const backup = await getComplete(ctx, id)
  await transaction(ctx, async (tx) => {
    await expectNone(tx, ctx)
    await journal.record(tx, ctx, restoreOrdered, { backupId: id, dryRun })
  })
  const fetched = await workplace(ctx, `restore-${newId()}`)
  try {
    await fetchTo(ctx, id, fetched)
    const into = dryRun ? `${fetched}.d` : aside.staging
    const keys = ctx.config.backup.encryptionKeys
    const { manifest } = await aside.unpack({ from: fetched, into, sha256: backup.sha256, keys, keep: !dryRun })
    if (!dryRun) {
      aside.order({ backupId: id, carry: CARRIED })
      setTimeout(() => ctx.lifetime.abort(REOPEN), REPLY).unref()
    }
    const { version, rows, databaseBytes, files } = manifest
    return { backupId: id, dryRun, version, databaseBytes, files, rows }
  } finally {
    await rm(fetched, { force: true })
  }
}
