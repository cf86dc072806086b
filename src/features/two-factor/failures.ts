import { defineFailures } from '#core'

export const failures = defineFailures({
  INVALID_CODE: [
    'unauthenticated',
    'The code is not right, or was used before. Wait for the next one, or use a backup code.',
  ],
  INVALID_MFA_TOKEN: ['unauthenticated', 'This sign-in has run out. Begin it again with your password.'],
  TWO_FACTOR_ALREADY_ENABLED: ['conflict', 'A second factor is on already. Turn it off first to change it.'],
  TWO_FACTOR_NOT_ENABLED: ['conflict', 'There is no second factor to do this with.'],
  TWO_FACTOR_NOT_BEGUN: ['conflict', 'There is nothing to confirm, or it is too long ago. Begin with enable.'],
  RATE_LIMITED: ['rate_limited', 'Too many wrong codes. Wait; if this goes on, choose a new password by mail.'],
})
