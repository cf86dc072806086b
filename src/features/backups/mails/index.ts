import { eq } from 'drizzle-orm'
import type { Context } from '#core'
import { findById } from '#features/users'
import { defineMail, letter } from '#mail'
import { backups } from '../schema'

const when = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
const adminUrl = (ctx: Context) => `${ctx.config.appUrl}/admin`

/** Tells an admin that there is no backup where there should be one. */
export const backupFailedMail = defineMail<{ userId: string; backupId: string }>('backup-failed', {
  category: 'system',
  compose: async (ctx, { userId, backupId }, askedAt) => {
    const user = await findById(ctx.db, userId)
    const [backup] = await ctx.db.select().from(backups).where(eq(backups.id, backupId))
    if (!user || !backup) return undefined
    return letter(ctx, user.email, await import('./backup-failed'), {
      name: user.name,
      backupId,
      problem: backup.problem ?? 'It was not finished.',
      when: when(askedAt),
      adminUrl: adminUrl(ctx),
    })
  },
  sample: async (ctx, to) => {
    const template = await import('./backup-failed')
    return letter(ctx, to, template, { ...template.sample, adminUrl: adminUrl(ctx) })
  },
})

export const mails = [backupFailedMail]
