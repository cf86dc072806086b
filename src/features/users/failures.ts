import { defineFailures } from '#core'

export const failures = defineFailures({
  USER_NOT_FOUND: ['not_found', 'There is no such person.'],
  LAST_ADMIN: ['conflict', 'This is the last admin. Make somebody else one first.'],
  EMAIL_TAKEN: ['conflict', 'This address belongs to another account.'],
  STALE_USER: ['stale', 'The profile has changed since you read it. Read it again and repeat the change.'],
  NOT_YOURSELF: ['forbidden', 'You cannot do this to your own account here.'],
  OUTRANKED: ['forbidden', 'This person may do more than you. Ask an admin.'],
  DELETED_HIDDEN: ['forbidden', 'Only those who may delete accounts see deleted ones.'],
  ROLE_NOT_FOUND: ['not_found', 'There is no such role.'],
  ROLE_EXISTS: ['conflict', 'There is a role of this name already.'],
  ROLE_IN_USE: ['conflict', 'Somebody has this role. Give them another one first.'],
  BUILTIN_ROLE: ['conflict', 'This role is built in.'],
  UNKNOWN_ROLE: ['invalid', 'There is no such role.'],
  UNKNOWN_PERMISSION: ['invalid', 'There is no such permission.'],
  PERMISSION_NOT_HELD: ['forbidden', 'This takes permissions that you do not hold yourself.'],
  VALIDATION_FAILED: ['invalid', 'Some fields are not as they have to be; see errors.'],
  NOTHING_TO_CHANGE: ['invalid', 'Send at least one field to change.'],
})
