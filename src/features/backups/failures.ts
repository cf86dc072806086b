import { defineFailures } from '#core'

export const failures = defineFailures({
  BACKUP_NOT_FOUND: ['not_found', 'There is no such backup.'],
  BACKUP_IN_PROGRESS: ['conflict', 'A backup is being made or restored at the moment.'],
  BACKUP_NOT_READY: ['conflict', 'This backup is not complete.'],
  BACKUP_NOT_SUPPORTED: [
    'conflict',
    'The database is a libSQL server: use its own backups and point-in-time restore instead.',
  ],
  BACKUP_INVALID: ['invalid', 'This backup is damaged, of another application, or of a newer version.'],
  BACKUP_GONE: ['not_found', 'The file of this backup is not where it was stored.'],
  STORAGE_UNAVAILABLE: ['unavailable', 'The file store does not answer. Try again in a moment.'],
  STORAGE_FULL: ['storage_full', 'There is no space left to store this.'],
})
