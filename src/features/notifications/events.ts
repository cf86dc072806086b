import { defineEvent, t } from '#core'

const Id = t.String({ format: 'uuid' })
const Changes = t.Record(t.String(), t.Unknown())
const about = (payload: { userId: string }) => payload.userId
const subject = (payload: { userId: string }) => ({ type: 'user', id: payload.userId })

export const preferencesChanged = defineEvent('notifications.preferences_changed', {
  payload: t.Object({ userId: Id, before: Changes, after: Changes }),
  subject,
  about,
  summary: 'changed what to be told and how',
})
export const pushSubscribed = defineEvent('notifications.push_subscribed', {
  payload: t.Object({ userId: Id, subscriptionId: Id }),
  subject,
  about,
  summary: 'turned push messages on in a browser',
})
export const pushUnsubscribed = defineEvent('notifications.push_unsubscribed', {
  payload: t.Object({ userId: Id, subscriptionId: Id }),
  subject,
  about,
  summary: 'turned push messages off in a browser',
})

export const events = [preferencesChanged, pushSubscribed, pushUnsubscribed]
