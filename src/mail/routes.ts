import { t } from 'elysia'
import type { App } from '#core'
import { router } from '#http'
import { failures, takeResendEvent } from './bounces'

const Signature = t.Object({ 'svix-id': t.String(), 'svix-timestamp': t.String(), 'svix-signature': t.String() })

/** Where Resend reports bounces and complaints; there only if its webhook's secret is set. */
export const routes = (app: App) => {
  const none = router(app, '/mail')
  const { resendKey, resendWebhookSecret } = app.config.mail
  if (!resendKey || !resendWebhookSecret) return none
  return none.post(
    '/resend-events',
    async ({ ctx, body, headers, status }) => {
      const { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signature } = headers
      return status(204, await takeResendEvent(ctx, body, { id, timestamp, signature }))
    },
    {
      public: true,
      // The signature covers the bytes, so they are not parsed on the way.
      parse: 'text',
      detail: { 'x-body': 'text' },
      summary: 'Bounces and complaints, signed by Resend',
      headers: Signature,
      body: t.String(),
      response: { 204: t.Void() },
      fails: [failures.INVALID_SIGNATURE],
    },
  )
}
