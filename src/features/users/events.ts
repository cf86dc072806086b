import { defineEvent, t } from '#core'

const Id = t.String({ format: 'uuid' })
const person = { userId: Id, name: t.String(), email: t.String() }
type Person = { userId: string; name: string; email: string }

const subject = (payload: Person) => ({ type: 'user', id: payload.userId, label: payload.name })
const about = (payload: { userId: string }) => payload.userId

export const userRegistered = defineEvent('user.registered', {
  payload: t.Object(person),
  subject,
  about,
  summary: 'registered',
  public: true,
})
export const userVerified = defineEvent('user.verified', {
  payload: t.Object(person),
  subject,
  about,
  summary: 'verified the e-mail address',
  public: true,
})
export const userUpdated = defineEvent('user.updated', {
  payload: t.Object({ ...person, before: t.Record(t.String(), t.Unknown()), after: t.Record(t.String(), t.Unknown()) }),
  subject,
  about,
  summary: 'changed the profile',
  public: true,
})
export const userDeletionScheduled = defineEvent('user.deletion_scheduled', {
  payload: t.Object({ ...person, scheduledAt: t.String() }),
  subject,
  about,
  summary: 'asked for the account to be deleted',
})
export const userDeletionCancelled = defineEvent('user.deletion_cancelled', {
  payload: t.Object(person),
  subject,
  about,
  summary: 'kept the account after all',
})
export const userDeleted = defineEvent('user.deleted', {
  payload: t.Object({ ...person, erased: t.Boolean() }),
  subject,
  about,
  summary: 'deleted the account',
  public: true,
})

export const events = [
  userRegistered,
  userVerified,
  userUpdated,
  userDeletionScheduled,
  userDeletionCancelled,
  userDeleted,
]
