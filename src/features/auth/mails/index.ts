import { eq } from 'drizzle-orm'
import { type Context, later, minutes } from '#core'
import { findById, type User } from '#features/users'
import { defineMail, type Letter, letter } from '#mail'
import { deviceOf } from '../device'
import { revealToken, TOKEN_LIFETIME } from '../one-time-token'
import { sessions } from '../schema'

type ForUser = { userId: string }
type ForToken = ForUser & { tokenId: string }
type ForSession = ForUser & { sessionId: string }

const link = (ctx: Context, page: string, token?: string) =>
  `${ctx.config.appUrl}${page}${token ? `?token=${token}` : ''}`
const resetUrl = (ctx: Context) => link(ctx, '/forgot-password')
const when = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
const RESET_MINUTES = TOKEN_LIFETIME.reset_password / minutes(1)
const REVERT_DAYS = TOKEN_LIFETIME.revert_email_change / (24 * 60 * minutes(1))

/** The letter to somebody whose token still works; none once it is used, replaced or expired. */
const withToken = async (
  ctx: Context,
  { userId, tokenId }: ForToken,
  write: (user: User, secret: string, newEmail: string) => Promise<Letter>,
) => {
  const [user, revealed] = [await findById(ctx.db, userId), await revealToken(ctx, tokenId)]
  return user && revealed ? write(user, revealed.secret, revealed.token.newEmail ?? '') : undefined
}

const withUser = async (ctx: Context, { userId }: ForUser, write: (user: User) => Promise<Letter>) => {
  const user = await findById(ctx.db, userId)
  return user && write(user)
}

const withSession = async (
  ctx: Context,
  { userId, sessionId }: ForSession,
  write: (user: User, session: { device: string; ip?: string; when: string }) => Promise<Letter>,
) => {
  const user = await findById(ctx.db, userId)
  const [session] = await ctx.db.select().from(sessions).where(eq(sessions.id, sessionId))
  return (
    user &&
    session &&
    write(user, { device: deviceOf(session.userAgent), ip: session.ip ?? undefined, when: when(session.createdAt) })
  )
}

const SAMPLE = { name: 'Ada Lovelace', token: 'sample', device: 'Firefox on Linux', ip: '203.0.113.7' }

export const verifyEmailMail = defineMail<ForToken>('verify-email', {
  category: 'security',
  compose: (ctx, payload) =>
    withToken(ctx, payload, async (user, token) =>
      letter(ctx, user.email, await import('./verify-email'), {
        name: user.name,
        url: link(ctx, '/verify-email', token),
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./verify-email'), {
      name: SAMPLE.name,
      url: link(ctx, '/verify-email', SAMPLE.token),
    }),
})

export const alreadyRegisteredMail = defineMail<ForUser>('already-registered', {
  category: 'security',
  compose: (ctx, payload) =>
    withUser(ctx, payload, async (user) =>
      letter(ctx, user.email, await import('./already-registered'), {
        name: user.name,
        signInUrl: link(ctx, '/'),
        resetUrl: resetUrl(ctx),
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./already-registered'), {
      name: SAMPLE.name,
      signInUrl: link(ctx, '/'),
      resetUrl: resetUrl(ctx),
    }),
})

export const resetPasswordMail = defineMail<ForToken>('reset-password', {
  category: 'security',
  compose: (ctx, payload) =>
    withToken(ctx, payload, async (user, token) =>
      letter(ctx, user.email, await import('./reset-password'), {
        name: user.name,
        url: link(ctx, '/reset-password', token),
        minutes: RESET_MINUTES,
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./reset-password'), {
      name: SAMPLE.name,
      url: link(ctx, '/reset-password', SAMPLE.token),
      minutes: RESET_MINUTES,
    }),
})

export const passwordChangedMail = defineMail<ForUser>('password-changed', {
  category: 'security',
  compose: (ctx, payload, askedAt) =>
    withUser(ctx, payload, async (user) =>
      letter(ctx, user.email, await import('./password-changed'), {
        name: user.name,
        when: when(askedAt),
        resetUrl: resetUrl(ctx),
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./password-changed'), { ...SAMPLE, when: when(ctx.now), resetUrl: resetUrl(ctx) }),
})

export const confirmEmailChangeMail = defineMail<ForToken>('email-change-confirm', {
  category: 'security',
  compose: (ctx, payload) =>
    withToken(ctx, payload, async (user, token, newEmail) =>
      letter(ctx, newEmail, await import('./email-change-confirm'), {
        name: user.name,
        newEmail,
        url: link(ctx, '/confirm-email-change', token),
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./email-change-confirm'), {
      name: SAMPLE.name,
      newEmail: to,
      url: link(ctx, '/confirm-email-change', SAMPLE.token),
    }),
})

/** Goes to the address that was left, with the way back. */
export const emailChangedMail = defineMail<ForToken>('email-changed-notice', {
  category: 'security',
  compose: (ctx, payload) =>
    withToken(ctx, payload, async (user, token, oldEmail) =>
      letter(ctx, oldEmail, await import('./email-changed-notice'), {
        name: user.name,
        newEmailMasked: mask(user.email),
        url: link(ctx, '/revert-email-change', token),
        days: REVERT_DAYS,
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./email-changed-notice'), {
      name: SAMPLE.name,
      newEmailMasked: 'a…@example.org',
      url: link(ctx, '/revert-email-change', SAMPLE.token),
      days: REVERT_DAYS,
    }),
})

export const newDeviceMail = defineMail<ForSession>('new-device', {
  category: 'security',
  compose: (ctx, payload) =>
    withSession(ctx, payload, async (user, session) =>
      letter(ctx, user.email, await import('./new-device'), { name: user.name, ...session, resetUrl: resetUrl(ctx) }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./new-device'), { ...SAMPLE, when: when(ctx.now), resetUrl: resetUrl(ctx) }),
})

export const sessionsRevokedMail = defineMail<ForSession>('sessions-revoked', {
  category: 'security',
  compose: (ctx, payload, askedAt) =>
    withSession(ctx, payload, async (user, { device }) =>
      letter(ctx, user.email, await import('./sessions-revoked'), {
        name: user.name,
        device,
        when: when(askedAt),
        resetUrl: resetUrl(ctx),
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./sessions-revoked'), { ...SAMPLE, when: when(ctx.now), resetUrl: resetUrl(ctx) }),
})

export const welcomeMail = defineMail<ForUser>('welcome', {
  category: 'account',
  compose: (ctx, payload) =>
    withUser(ctx, payload, async (user) =>
      letter(ctx, user.email, await import('./welcome'), { name: user.name, url: link(ctx, '/') }),
    ),
  sample: async (ctx, to) => letter(ctx, to, await import('./welcome'), { name: SAMPLE.name, url: link(ctx, '/') }),
})

export const deletionScheduledMail = defineMail<ForUser>('account-deletion-scheduled', {
  category: 'security',
  compose: (ctx, payload) =>
    withUser(ctx, payload, async (user) =>
      letter(ctx, user.email, await import('./account-deletion-scheduled'), {
        name: user.name,
        when: when(user.deletionScheduledAt ?? ctx.now),
        restoreUrl: link(ctx, '/'),
      }),
    ),
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./account-deletion-scheduled'), {
      name: SAMPLE.name,
      when: when(later(ctx.now, 0)),
      restoreUrl: link(ctx, '/'),
    }),
})

export const mails = [
  verifyEmailMail,
  alreadyRegisteredMail,
  resetPasswordMail,
  passwordChangedMail,
  confirmEmailChangeMail,
  emailChangedMail,
  newDeviceMail,
  sessionsRevokedMail,
  welcomeMail,
  deletionScheduledMail,
]

/** Enough of an address for its owner to recognise it. */
const mask = (email: string) => email.replace(/^(.)[^@]*/, '$1…')
