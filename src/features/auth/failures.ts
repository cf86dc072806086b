import { defineFailures } from '#core'

export const failures = defineFailures({
  INVALID_CREDENTIALS: ['unauthenticated', 'The address or the password is not right.'],
  INVALID_ACCESS_TOKEN: ['unauthenticated', 'The access token is not valid any more. Refresh it, or sign in again.'],
  INVALID_REFRESH_TOKEN: ['unauthenticated', 'The refresh token is not valid any more. Sign in again.'],
  REFRESH_TOKEN_REUSED: [
    'unauthenticated',
    'The refresh token was used before, so its session has been ended. Sign in again.',
  ],
  INVALID_TOKEN: ['malformed', 'The link is not valid any more. Ask for a new one.'],
  WEAK_PASSWORD: ['invalid', 'The password is too easy to guess.'],
  RATE_LIMITED: ['rate_limited', 'Too many failed attempts. Wait, or reset the password by mail.'],
  SESSION_NOT_FOUND: ['not_found', 'There is no such session.'],
  CANNOT_IMPERSONATE: ['forbidden', 'Nobody can act in the place of an admin, or of somebody who is banned.'],
  SETUP_CLOSED: ['gone', 'The first admin has been made already.'],
  TOO_MANY_STREAMS: ['rate_limited', 'There are as many open streams as there may be. Close one first.'],
  DELETION_NOT_SCHEDULED: ['conflict', 'No deletion is scheduled.'],
})
