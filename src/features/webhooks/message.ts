import type { Context, RecordedEvent } from '#core'
import type { Webhook } from './schema'
import { sign, vault } from './secret'

/**
 * What is sent for an event: the same id and body on every attempt and to every endpoint, so that a receiver can drop
 * what it has had. Of somebody who has been erased meanwhile only the id is left to tell.
 */
export const messageOf = (event: RecordedEvent) => {
  const { type, createdAt, payload, userId } = event
  const erased = Object.keys(payload).length === 0 && userId !== null
  const data = erased ? { userId, erased: true } : payload
  return {
    id: `msg_${event.id.replaceAll('-', '')}`,
    body: JSON.stringify({ type, timestamp: createdAt.toISOString(), data }),
  }
}

/** The headers of one attempt, signed with every secret that is in force. */
export const headersOf = (
  ctx: Context,
  webhook: Pick<Webhook, 'id' | 'secret' | 'previousSecret' | 'previousSecretUntil'>,
  { id, body }: ReturnType<typeof messageOf>,
  requestId: string | null,
): Record<string, string> => {
  const now = ctx.clock.now()
  const timestamp = Math.floor(now.getTime() / 1000)
  const { previousSecret, previousSecretUntil } = webhook
  const sealed = [webhook.secret]
  if (previousSecret && previousSecretUntil && previousSecretUntil > now) sealed.push(previousSecret)
  const signatures = sealed.map((secret) => sign(vault(ctx).open(secret, webhook.id), id, timestamp, body))
  return {
    'content-type': 'application/json',
    'user-agent': `Keel/${ctx.config.version} (webhooks)`,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
    ...(requestId ? { 'x-request-id': requestId } : {}),
  }
}
