import { Elysia, t } from 'elysia'
import type { App } from '#core'
import { page } from '#http'
import { inboxHtml } from './inbox-html'

/** Styles for the page and for the mail in it, which is why they cannot go by hash; no script, no request, no form. */
const CSP = { 'style-src': ["'unsafe-inline'"], 'img-src': ['data:'], 'form-action': ["'none'"] }

const InboxMail = t.Object({
  id: t.String(),
  to: t.String(),
  subject: t.String(),
  html: t.String(),
  text: t.String(),
  template: t.String(),
  createdAt: t.String(),
})

/** The development inbox as a page and as JSON, newest first. Mount it only where mails stay in the inbox. */
export const inboxPage = (app: App) => {
  const mails = async () => (await app.mailer.inbox?.()) ?? []
  return new Elysia({ name: 'inbox-page' })
    .get('/dev/mail', async ({ query }) => page(inboxHtml(app.config.appName, await mails(), query.id), { csp: CSP }), {
      query: t.Object({ id: t.Optional(t.String({ maxLength: 64 })) }),
      detail: { hide: true },
    })
    .get('/dev/mail.json', mails, { response: { 200: t.Array(InboxMail) }, detail: { hide: true } })
}
