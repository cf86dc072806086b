import { defineEvent, t } from '#core'

const aBackup = { backupId: t.String({ format: 'uuid' }) }
const subject = ({ backupId }: { backupId: string }) => ({ type: 'backup', id: backupId })

export const backupRequested = defineEvent('backup.requested', {
  payload: t.Object(aBackup),
  subject,
  summary: 'asked for a backup',
})
export const backupCompleted = defineEvent('backup.completed', {
  payload: t.Object({ ...aBackup, size: t.Integer(), sha256: t.String(), encrypted: t.Boolean() }),
  subject,
  summary: 'made a backup',
  public: true,
})
export const backupFailed = defineEvent('backup.failed', {
  payload: t.Object({ ...aBackup, problem: t.String() }),
  subject,
  summary: 'could not make a backup',
  public: true,
  failed: true,
})
export const backupVerified = defineEvent('backup.verified', {
  payload: t.Object({ ...aBackup, verified: t.Boolean(), problem: t.Optional(t.String()) }),
  subject,
  summary: 'checked a backup',
})
export const backupDownloaded = defineEvent('backup.downloaded', {
  payload: t.Object(aBackup),
  subject,
  summary: 'downloaded a backup',
})
export const backupDeleted = defineEvent('backup.deleted', {
  payload: t.Object(aBackup),
  subject,
  summary: 'deleted a backup',
})
export const restoreOrdered = defineEvent('backup.restore_requested', {
  payload: t.Object({ ...aBackup, dryRun: t.Boolean() }),
  subject,
  summary: 'asked for a backup to be restored',
})
const outcome = t.Object({ backupId: t.Union([t.String(), t.Null()]), problem: t.Optional(t.String()) })
const restored = (payload: { backupId: string | null }) => ({ type: 'backup', id: payload.backupId ?? 'file' })
export const backupRestored = defineEvent('backup.restored', {
  payload: outcome,
  subject: restored,
  summary: 'restored a backup',
})
export const restoreFailed = defineEvent('backup.restore_failed', {
  payload: outcome,
  subject: restored,
  summary: 'could not restore a backup: everything is as it was',
  failed: true,
})

export const events = [
  backupRequested,
  backupCompleted,
  backupFailed,
  backupVerified,
  backupDownloaded,
  backupDeleted,
  restoreOrdered,
  backupRestored,
  restoreFailed,
]
