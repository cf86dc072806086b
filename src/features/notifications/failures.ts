import { defineFailures } from '#core'

export const failures = defineFailures({
  NOTIFICATION_NOT_FOUND: ['not_found', 'There is no such notification.'],
  PUSH_SUBSCRIPTION_NOT_FOUND: ['not_found', 'There is no such push subscription.'],
  PUSH_ADDRESS_REFUSED: ['invalid', 'This is not the address of a push service.'],
  TOO_MANY_PUSH_SUBSCRIPTIONS: ['conflict', 'There are as many push subscriptions as there may be. Remove one first.'],
  SECURITY_ALWAYS_ON: ['invalid', 'Notifications about security cannot be turned off.'],
  NOTHING_TO_MARK: ['invalid', 'Say which: ids, or all.'],
  NOTHING_TO_CHANGE: ['invalid', 'Send at least one category to change.'],
  INVALID_TOKEN: ['malformed', 'The link is not valid.'],
})
