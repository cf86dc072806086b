import { defineFailures } from '#core'

export const failures = defineFailures({
  INVALID_API_KEY: ['unauthenticated', 'The API key is not valid: mistyped, revoked, rotated or expired.'],
  IP_NOT_ALLOWED: ['unauthenticated', 'The API key is not valid from this address.'],
  SCOPE_NOT_HELD: ['forbidden', 'An API key can only be given scopes that you hold yourself.'],
  API_KEY_NOT_FOUND: ['not_found', 'There is no such API key.'],
  API_KEY_EXPIRED: ['conflict', 'The API key has expired. Make a new one.'],
  TOO_MANY_API_KEYS: ['conflict', 'You have as many API keys as there may be. Revoke one first.'],
  VALIDATION_FAILED: ['invalid', 'Some fields are not as they have to be; see errors.'],
})
