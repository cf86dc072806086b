import { defineEvent, t } from '#core'

export const emailTested = defineEvent('email.tested', {
  payload: t.Object({ emailId: t.String(), template: t.String(), status: t.String() }),
  subject: ({ emailId, template }) => ({ type: 'email', id: emailId, label: template }),
  summary: 'sent a sample mail',
})

export const settingsChanged = defineEvent('settings.changed', {
  payload: t.Object({ name: t.String(), before: t.Unknown(), after: t.Unknown() }),
  subject: ({ name }) => ({ type: 'settings', id: name, label: name }),
  summary: 'changed settings',
})

export const events = [emailTested, settingsChanged]
