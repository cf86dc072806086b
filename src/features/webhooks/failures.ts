import { defineFailures } from '#core'

export const failures = defineFailures({
  WEBHOOK_NOT_FOUND: ['not_found', 'There is no such webhook.'],
  DELIVERY_NOT_FOUND: ['not_found', 'There is no such delivery.'],
  VALIDATION_FAILED: ['invalid', 'Some fields are not as they have to be; see errors.'],
  NOTHING_TO_CHANGE: ['invalid', 'Send at least one field to change.'],
  WEBHOOK_LIMIT_REACHED: ['conflict', 'There are as many webhooks as there may be. Delete one first.'],
  WEBHOOK_DISABLED: ['conflict', 'This webhook is turned off. Turn it on first.'],
  FORBIDDEN: ['forbidden', 'You are not allowed to do this.'],
})

/** A field that only a look at the world can judge. */
export const wrong = (path: string, message: string) => failures.VALIDATION_FAILED({ errors: [{ path, message }] })
