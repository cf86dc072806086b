import { eq } from 'drizzle-orm'
import type { Context } from '#core'
import { findById } from '#features/users'
import { defineMail, letter } from '#mail'
import { apiKeys } from '../schema'

const at = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
const url = (ctx: Context) => `${ctx.config.appUrl}/`

/** A key has been made, or given a new secret. */
export const apiKeyIssuedMail = defineMail<{ userId: string; apiKeyId: string }>('api-key-issued', {
  category: 'security',
  compose: async (ctx, { userId, apiKeyId }, askedAt) => {
    const user = await findById(ctx.db, userId)
    const [key] = await ctx.db.select().from(apiKeys).where(eq(apiKeys.id, apiKeyId))
    const template = await import('./api-key-issued')
    return (
      user &&
      key &&
      letter(ctx, user.email, template, { name: user.name, keyName: key.name, when: at(askedAt), url: url(ctx) })
    )
  },
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./api-key-issued'), {
      name: 'Ada Lovelace',
      keyName: 'Nightly import',
      when: at(ctx.now),
      url: url(ctx),
    }),
})

export const mails = [apiKeyIssuedMail]
