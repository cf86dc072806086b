import { defineEvent, t } from '#core'

const Id = t.String({ format: 'uuid' })
const about = (payload: { userId: string }) => payload.userId
const account = (payload: { userId: string }) => ({ type: 'user', id: payload.userId })
const session = (payload: { sessionId: string }) => ({ type: 'session', id: payload.sessionId })

export const sessionCreated = defineEvent('session.created', {
  payload: t.Object({ userId: Id, sessionId: Id, device: t.String() }),
  subject: session,
  about,
  summary: 'signed in',
  public: true,
})
export const sessionImpersonated = defineEvent('session.impersonated', {
  payload: t.Object({ userId: Id, sessionId: Id, adminId: Id, reason: t.String() }),
  subject: session,
  about,
  summary: 'opened the account to help',
})
export const sessionRevoked = defineEvent('session.revoked', {
  payload: t.Object({ userId: Id, sessionIds: t.Array(Id), reason: t.String() }),
  subject: account,
  about,
  summary: 'ended sessions',
  public: true,
})
export const refreshReused = defineEvent('session.refresh_reused', {
  payload: t.Object({ userId: Id, sessionId: Id }),
  subject: session,
  about,
  summary: 'used a refresh token twice',
  notify: { category: 'security', title: () => 'A session was ended because its token was used twice' },
  failed: true,
})
export const signInFailed = defineEvent('session.sign_in_failed', {
  payload: t.Object({ userId: t.Optional(Id), reason: t.String() }),
  subject: (payload) => ({ type: 'user', id: payload.userId ?? 'unknown' }),
  about: (payload) => payload.userId,
  summary: 'failed to sign in',
  failed: true,
})
export const sessionProved = defineEvent('session.proved', {
  payload: t.Object({ userId: Id, sessionId: Id }),
  subject: session,
  about,
  summary: 'proved the password again',
})
export const registrationRepeated = defineEvent('user.registration_repeated', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'was registered again',
  failed: true,
})
export const verificationRequested = defineEvent('user.verification_requested', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'asked for a verification mail',
})
export const passwordResetRequested = defineEvent('password.reset_requested', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'asked for a password reset',
})
export const passwordReset = defineEvent('password.reset', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'reset the password',
  notify: { category: 'security', title: () => 'Your password was reset' },
})
export const passwordChanged = defineEvent('password.changed', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'changed the password',
  notify: { category: 'security', title: () => 'Your password was changed' },
})
export const emailChangeRequested = defineEvent('email.change_requested', {
  payload: t.Object({ userId: Id }),
  subject: account,
  about,
  summary: 'asked to change the e-mail address',
})
export const emailChanged = defineEvent('email.changed', {
  payload: t.Object({ userId: Id, before: t.String(), after: t.String() }),
  subject: account,
  about,
  summary: 'changed the e-mail address',
  notify: { category: 'security', title: ({ after }) => `Your address is now ${after}` },
})
export const emailReverted = defineEvent('email.reverted', {
  payload: t.Object({ userId: Id, before: t.String(), after: t.String() }),
  subject: account,
  about,
  summary: 'took back a change of e-mail address',
  notify: { category: 'security', title: ({ after }) => `Your address is ${after} again` },
})
export const firstAdminInvited = defineEvent('admin.setup_opened', {
  payload: t.Object({ tokenId: Id }),
  subject: (payload) => ({ type: 'token', id: payload.tokenId }),
  summary: 'opened the first admin’s set-up',
})

export const events = [
  sessionCreated,
  sessionImpersonated,
  sessionRevoked,
  refreshReused,
  signInFailed,
  sessionProved,
  registrationRepeated,
  verificationRequested,
  passwordResetRequested,
  passwordReset,
  passwordChanged,
  emailChangeRequested,
  emailChanged,
  emailReverted,
  firstAdminInvited,
]
