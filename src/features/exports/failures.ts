import { defineFailures } from '#core'

export const failures = defineFailures({
  EXPORT_NOT_FOUND: ['not_found', 'There is no such export.'],
  EXPORT_NOT_READY: [
    'conflict',
    'There is no file: the export is under way, has failed or was cancelled. Its status tells.',
  ],
  EXPORT_EXPIRED: ['gone', 'This export has expired. Ask for a new one.'],
  FORBIDDEN: ['forbidden', 'You are not allowed to do this.'],
  SESSION_REQUIRED: ['forbidden', 'This needs a signed-in session; an API key cannot do it.'],
  IMPERSONATION_FORBIDDEN: ['forbidden', 'This cannot be done on behalf of somebody else.'],
  UNAUTHENTICATED: ['unauthenticated', 'Sign in, or use the link in the mail.'],
  STORAGE_UNAVAILABLE: ['unavailable', 'The file store does not answer. Try again in a moment.'],
  DELETED_HIDDEN: ['forbidden', 'You may not see deleted people.'],
})
