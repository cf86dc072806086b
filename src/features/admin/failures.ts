import { defineFailures } from '#core'

export const failures = defineFailures({
  UNKNOWN_TEMPLATE: ['invalid', 'There is no mail of this name.'],
  TEMPLATE_NOT_FOUND: ['not_found', 'There is no mail of this name.'],
  MAIL_NOT_SENT: ['unavailable', 'The mail provider did not take the mail. The mail log says why.'],
  UNKNOWN_TIER: ['invalid', 'There is no rate-limit tier of this name.'],
  NOTHING_TO_CHANGE: ['invalid', 'Send at least one field to change.'],
})
