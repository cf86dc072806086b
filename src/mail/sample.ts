import { type Context, newId, PermanentFailure } from '#core'
import type { MailType } from './mail'
import type { emails, MailStatus } from './schema'
import { isSuppressed } from './suppression'

/** Every kind of mail there is, by name. */
export const mailTypes = ({ features }: Pick<Context, 'features'>): MailType[] =>
  features.flatMap(({ mails }) => mails ?? []).sort((a, b) => (a.name < b.name ? -1 : 1))

/** A mail with made-up content as HTML, the way an inbox shows it. */
export const previewOf = async (ctx: Context, type: MailType): Promise<string> => {
  const { render } = await import('./render')
  return (await render(ctx, await type.sample(ctx, 'ada@example.com'), type.category)).html
}

/**
 * Hands a mail with made-up content to the provider at once, so that whoever asked sees whether it is taken. Returns the
 * row for the mail log, which is not stored yet.
 */
export const sendSample = async (ctx: Context, type: MailType, to: string): Promise<typeof emails.$inferInsert> => {
  const id = newId()
  const { subject, ...letter } = await type.sample(ctx, to)
  const row = { id, template: type.name, recipient: to, subject, requestId: ctx.requestId, createdAt: ctx.now }
  const ended = (status: MailStatus, more: Partial<typeof emails.$inferInsert> = {}) => ({ ...row, status, ...more })
  if (await isSuppressed(ctx, to)) return ended('suppressed')
  try {
    const { render } = await import('./render')
    const body = await render(ctx, { ...letter, subject }, type.category)
    const { id: providerId } = await ctx.mailer.send({ ...body, to, subject, template: type.name, idempotencyKey: id })
    return ended('sent', { providerId, sentAt: ctx.now })
  } catch (error) {
    const kind = error instanceof PermanentFailure ? 'refused' : 'failed'
    return ended('failed', {
      error: `${kind}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500),
    })
  }
}
