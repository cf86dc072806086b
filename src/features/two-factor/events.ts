import { defineEvent, t } from '#core'

const Id = t.String({ format: 'uuid' })
const Method = t.Union([t.Literal('totp'), t.Literal('backup_code')])
const account = (payload: { userId: string }) => ({ type: 'user', id: payload.userId })
const about = (payload: { userId: string }) => payload.userId

export const twoFactorBegun = defineEvent('two_factor.begun', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'began to set up a second factor',
})
export const twoFactorEnabled = defineEvent('two_factor.enabled', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'turned on a second factor',
})
export const twoFactorDisabled = defineEvent('two_factor.disabled', {
  payload: t.Object({ userId: Id, reason: t.String() }),
  subject: account,
  about,
  summary: 'turned off the second factor',
})
export const twoFactorPassed = defineEvent('two_factor.passed', {
  payload: t.Object({ userId: Id, method: Method, codesLeft: t.Optional(t.Integer()) }),
  subject: account,
  about,
  summary: 'proved the second factor',
})
export const twoFactorFailed = defineEvent('two_factor.failed', {
  payload: t.Object({ userId: Id, method: Method }),
  subject: account,
  about,
  summary: 'entered a wrong code',
  failed: true,
})
export const backupCodesReplaced = defineEvent('two_factor.backup_codes_replaced', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'made new backup codes',
})

export const events = [
  twoFactorBegun,
  twoFactorEnabled,
  twoFactorDisabled,
  twoFactorPassed,
  twoFactorFailed,
  backupCodesReplaced,
]
