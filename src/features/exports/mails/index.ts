import { eq } from 'drizzle-orm'
import type { Context } from '#core'
import { findById } from '#features/users'
import { defineMail, letter } from '#mail'
import { linkTo } from '../link'
import { exports } from '../schema'

type ForExport = { userId: string; exportId: string }
const when = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const found = async (ctx: Context, { userId, exportId }: ForExport) => {
  const user = await findById(ctx.db, userId)
  const [row] = await ctx.db.select().from(exports).where(eq(exports.id, exportId))
  return user && row && { user, row }
}

/** The link to the file, for as long as it is there. */
export const exportReadyMail = defineMail<ForExport>('export-ready', {
  category: 'account',
  compose: async (ctx, payload) => {
    const it = await found(ctx, payload)
    if (!it?.row.expiresAt || it.row.status !== 'completed') return undefined
    return letter(ctx, it.user.email, await import('./export-ready'), {
      name: it.user.name,
      url: linkTo(ctx, it.row.id),
      expires: when(it.row.expiresAt),
    })
  },
  sample: async (ctx, to) => {
    const template = await import('./export-ready')
    return letter(ctx, to, template, { ...template.sample, url: linkTo(ctx, 'sample') })
  },
})

export const exportFailedMail = defineMail<ForExport>('export-failed', {
  category: 'account',
  compose: async (ctx, payload) => {
    const it = await found(ctx, payload)
    if (it?.row.status !== 'failed') return undefined
    return letter(ctx, it.user.email, await import('./export-failed'), {
      name: it.user.name,
      when: when(it.row.createdAt),
    })
  },
  sample: async (ctx, to) => {
    const template = await import('./export-failed')
    return letter(ctx, to, template, template.sample)
  },
})

export const mails = [exportReadyMail, exportFailedMail]
