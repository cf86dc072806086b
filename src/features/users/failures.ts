import { defineFailures } from '#core'

export const failures = defineFailures({
  USER_NOT_FOUND: ['not_found', 'There is no such person.'],
  LAST_ADMIN: ['conflict', 'This is the last admin. Make somebody else one first.'],
  EMAIL_TAKEN: ['conflict', 'This address belongs to another account.'],
  STALE_USER: ['stale', 'The profile has changed since you read it. Read it again and repeat the change.'],
  NOTHING_TO_CHANGE: ['invalid', 'Send at least one field to change.'],
})
