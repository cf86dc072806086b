import { eq } from 'drizzle-orm'
import type { Context } from '#core'
import { findById } from '#features/users'
import { defineMail, letter } from '#mail'
import { webhooks } from '../schema'
import { hostOf } from '../view'

const when = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
const docs = (ctx: Context) => `${ctx.config.appUrl}/swagger`

/** Tells the owner that an endpoint was turned off for them. */
export const webhookDisabledMail = defineMail<{ userId: string; webhookId: string }>('webhook-disabled', {
  category: 'account',
  compose: async (ctx, { userId, webhookId }, askedAt) => {
    const user = await findById(ctx.db, userId)
    const [webhook] = await ctx.db.select().from(webhooks).where(eq(webhooks.id, webhookId))
    if (!user || !webhook?.disabledAt) return undefined
    return letter(ctx, user.email, await import('./webhook-disabled'), {
      name: user.name,
      host: hostOf(webhook),
      webhookId,
      gone: webhook.disabledReason === 'gone',
      when: when(askedAt),
      docsUrl: docs(ctx),
    })
  },
  sample: async (ctx, to) => {
    const template = await import('./webhook-disabled')
    return letter(ctx, to, template, { ...template.sample, docsUrl: docs(ctx) })
  },
})

export const mails = [webhookDisabledMail]
