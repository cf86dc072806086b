import { t } from 'elysia'
import type { App } from '#core'
import { form, html, router, sheet } from '#http'
import { readToken, unsubscribe } from './unsubscribe'

const Token = t.Object({ token: t.Optional(t.String({ maxLength: 512 })) })

/** What a mail's unsubscribe link opens. Looking changes nothing; the button does, and so does a mail program's one click. */
export const pages = (app: App) =>
  router(app, '')
    .get(
      '/unsubscribe',
      ({ ctx, query: { token = '' } }) => {
        const { category } = readToken(ctx, token)
        return sheet(app, {
          title: 'No more of these mails?',
          content: html`<p>You will get no more mails about <strong>${category}</strong>. What concerns your security still comes.</p>
${form({ action: `/unsubscribe?token=${encodeURIComponent(token)}`, submit: 'Stop these mails' })}`,
        })
      },
      { page: true, tier: 'token', query: Token },
    )
    .post(
      '/unsubscribe',
      async ({ ctx, query: { token = '' } }) => {
        const category = await unsubscribe(ctx, token)
        return sheet(app, { title: 'Done', content: html`<p>No more mails about <strong>${category}</strong>.</p>` })
      },
      { page: true, form: true, tier: 'token', query: Token, body: t.Object({}, { additionalProperties: true }) },
    )
