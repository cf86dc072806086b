import { type Context, defineFailures } from '#core'
import { suppress } from './suppression'

export const failures = defineFailures({
  INVALID_SIGNATURE: ['unauthenticated', 'This was not signed with the secret of our webhook.'],
})

interface Signature {
  id: string
  timestamp: string
  signature: string
}

/** What Resend tells of a mail, as far as it is of use here. */
interface ResendEvent {
  type?: string
  data?: { to?: unknown; bounce?: { type?: string } }
}

/**
 * Takes an event from Resend: whoever bounced for good or complained gets no more mail.
 * Throws INVALID_SIGNATURE unless it was signed (Standard Webhooks, at most 5 minutes ago).
 */
export const takeResendEvent = async (ctx: Context, body: string, headers: Signature): Promise<void> => {
  const event = await verified(ctx, body, headers)
  const reason = reasonOf(event)
  const recipients = Array.isArray(event.data?.to) ? event.data.to : []
  if (!reason) return
  for (const address of recipients) {
    if (typeof address === 'string') await suppress(ctx, address, reason)
  }
  ctx.log.warn({ reason, recipients: recipients.length }, 'Mail addresses were suppressed')
}

const verified = async (ctx: Context, payload: string, headers: Signature): Promise<ResendEvent> => {
  const { resendKey, resendWebhookSecret: webhookSecret = '' } = ctx.config.mail
  const { Resend } = await import('resend')
  try {
    const event: unknown = new Resend(resendKey).webhooks.verify({ payload, headers, webhookSecret })
    return typeof event === 'object' && event !== null ? event : {}
  } catch {
    throw failures.INVALID_SIGNATURE()
  }
}

const reasonOf = ({ type, data }: ResendEvent) => {
  if (type === 'email.complained') return 'complained'
  // A full mailbox is a transient bounce and no reason to give somebody up.
  return type === 'email.bounced' && data?.bounce?.type !== 'Transient' ? 'bounced' : undefined
}
