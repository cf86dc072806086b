import type { Context } from '#core'
import { findById, type User } from '#features/users'
import { defineMail, type Letter, letter, type Template } from '#mail'

type ForUser = { userId: string }
type Notice = { name: string; when: string; resetUrl: string }

const resetUrl = (ctx: Context) => `${ctx.config.appUrl}/forgot-password`
const homeUrl = (ctx: Context) => `${ctx.config.appUrl}/`
const at = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** A mail that tells that something happened, and when. */
const notice = (name: string, template: () => Promise<Template<Notice>>) =>
  defineMail<ForUser>(name, {
    category: 'security',
    compose: (ctx, { userId }, askedAt) =>
      toUser(ctx, userId, async (user) =>
        letter(ctx, user.email, await template(), { name: user.name, when: at(askedAt), resetUrl: resetUrl(ctx) }),
      ),
    sample: async (ctx, to) =>
      letter(ctx, to, await template(), { name: 'Ada Lovelace', when: at(ctx.now), resetUrl: resetUrl(ctx) }),
  })

const toUser = async (ctx: Context, userId: string, write: (user: User) => Promise<Letter>) => {
  const user = await findById(ctx.db, userId)
  return user && write(user)
}

export const twoFactorEnabledMail = notice('two-factor-enabled', () => import('./two-factor-enabled'))
export const twoFactorDisabledMail = notice('two-factor-disabled', () => import('./two-factor-disabled'))
export const twoFactorResetMail = notice('two-factor-reset', () => import('./two-factor-reset'))
export const twoFactorBlockedMail = notice('two-factor-blocked', () => import('./two-factor-blocked'))
export const backupCodesReplacedMail = notice('backup-codes-replaced', () => import('./backup-codes-replaced'))

/** `left`: how many there were when it was asked for, so that every attempt writes the same letter. */
export const backupCodesLowMail = defineMail<ForUser & { left: number }>('backup-codes-low', {
  category: 'security',
  compose: (ctx, { userId, left }) =>
    toUser(ctx, userId, async (user) =>
      letter(ctx, user.email, await import('./backup-codes-low'), {
        name: user.name,
        left,
        url: homeUrl(ctx),
        resetUrl: resetUrl(ctx),
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./backup-codes-low'), {
      name: 'Ada Lovelace',
      left: 2,
      url: homeUrl(ctx),
      resetUrl: resetUrl(ctx),
    }),
})

export const mails = [
  twoFactorEnabledMail,
  twoFactorDisabledMail,
  twoFactorResetMail,
  twoFactorBlockedMail,
  backupCodesReplacedMail,
  backupCodesLowMail,
]
