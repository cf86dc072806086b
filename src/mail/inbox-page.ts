import { Elysia, t } from 'elysia'
import type { App } from '#core'
import { inboxHtml } from './inbox-html'

/** Styles for the page and the mail in it; no script, no request to anywhere, no form, no frame around it. */
const CSP =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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
    .get(
      '/dev/mail',
      async ({ query, set }) => {
        set.headers['content-type'] = 'text/html; charset=utf-8'
        set.headers['content-security-policy'] = CSP
        return inboxHtml(app.config.appName, await mails(), query.id)
      },
      {
        query: t.Object({ id: t.Optional(t.String({ maxLength: 64 })) }),
        response: { 200: t.String() },
        detail: { hide: true },
      },
    )
    .get('/dev/mail.json', mails, { response: { 200: t.Array(InboxMail) }, detail: { hide: true } })
}
