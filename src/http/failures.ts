import { defineFailures } from '#core'

/** Refusals of the edge itself. */
export const failures = defineFailures({
  MALFORMED_REQUEST: ['malformed', 'The request cannot be read. Send well-formed JSON in UTF-8.'],
  INVALID_IDEMPOTENCY_KEY: ['malformed', 'An Idempotency-Key has to be 1 to 255 visible ASCII characters.'],
  AMBIGUOUS_CREDENTIALS: ['malformed', 'The request carries two credentials that disagree. Send one.'],
  UNAUTHENTICATED: [
    'unauthenticated',
    'This needs a credential: sign in and send the access token as a bearer, or an API key.',
  ],
  INVALID_CREDENTIAL: ['unauthenticated', 'The credential is not valid.'],
  FORBIDDEN: ['forbidden', 'You are not allowed to do this.'],
  INSUFFICIENT_SCOPE: ['forbidden', 'This API key does not have the scope that this needs.'],
  SESSION_REQUIRED: ['forbidden', 'This needs a signed-in session; an API key cannot do it.'],
  EMAIL_NOT_VERIFIED: [
    'forbidden',
    'Verify your e-mail address first. The link is in your inbox; ask for another one if it is gone.',
  ],
  STEP_UP_REQUIRED: ['forbidden', 'Prove your password again first: POST /auth/step-up.'],
  IMPERSONATION_FORBIDDEN: ['forbidden', 'This cannot be done on behalf of somebody else.'],
  CROSS_SITE_REQUEST: ['forbidden', 'A request that is authenticated by cookie has to come from an allowed origin.'],
  NOT_FOUND: ['not_found', 'There is nothing here.'],
  UNKNOWN_VERSION: ['not_found', 'There is no such API version.'],
  METHOD_NOT_ALLOWED: ['not_allowed', 'This path does not take this method; see Allow.'],
  REQUEST_IN_PROGRESS: ['conflict', 'A request with this Idempotency-Key is still running. Ask again shortly.'],
  REPLY_LOST: [
    'conflict',
    'The request with this Idempotency-Key took effect, but its reply was lost. Read the result; do not send it again.',
  ],
  VERSION_SUNSET: ['gone', 'This API version has been switched off; see Link for its successor.'],
  STALE_VERSION: ['stale', 'It has changed since you read it. Read it again and repeat the change.'],
  PAYLOAD_TOO_LARGE: ['too_large', 'The request body is too large.'],
  URI_TOO_LONG: ['malformed', 'The address of the request is too long.'],
  UNSUPPORTED_MEDIA_TYPE: ['unsupported', 'This takes application/json in UTF-8, uncompressed.'],
  IDEMPOTENCY_KEY_REUSED: ['invalid', 'This Idempotency-Key came with another request before. Use a new one.'],
  VALIDATION_FAILED: ['invalid', 'Some fields are not as they have to be; see errors.'],
  RATE_LIMITED: ['rate_limited', 'Too many requests. Try again after the time in Retry-After.'],
  SERVICE_UNAVAILABLE: ['unavailable', 'This cannot be answered right now. Try again shortly.'],
  STORAGE_FULL: ['storage_full', 'There is no space left to store this.'],
  DATABASE_BUSY: ['unavailable', 'The database is busy. Try again shortly.'],
})
