import { and, asc, eq, gte, inArray, isNull, lt } from 'drizzle-orm'
import type { NotificationCategory } from '#core'
import { findById } from '#features/users'
import { defineMail, letter } from '#mail'
import { preferencesOf } from '../preferences'
import { notifications } from '../schema'
import { unsubscribeUrl } from '../unsubscribe'

/** Notifications that one mail lists at the most. */
const LISTED = 20

interface Period {
  userId: string
  /** Milliseconds since 1970; `to` is not part of it. */
  from: number
  to: number
}

/** What a person was told in a quarter of an hour and has not read since. None if they have read it all. */
export const digestMail = defineMail<Period>('notifications', {
  category: 'activity',
  compose: async (ctx, { userId, from, to }) => {
    const user = await findById(ctx.db, userId)
    const preferences = await preferencesOf(ctx.db, userId)
    const categories = (Object.keys(preferences) as NotificationCategory[]).filter(
      (name) => name !== 'security' && preferences[name].email,
    )
    if (!user || categories.length === 0) return undefined
    const told = await ctx.db
      .select()
      .from(notifications)
      .where(
        and(
          eq(notifications.userId, userId),
          isNull(notifications.readAt),
          inArray(notifications.category, categories),
          gte(notifications.createdAt, new Date(from)),
          lt(notifications.createdAt, new Date(to)),
        ),
      )
      .orderBy(asc(notifications.createdAt))
      .limit(LISTED)
    const [first] = told
    if (!first) return undefined
    const stop = unsubscribeUrl(ctx, userId, first.category)
    return {
      ...letter(ctx, user.email, await import('./notifications'), {
        name: user.name,
        titles: told.map(({ title }) => title),
        url: `${ctx.config.appUrl}/`,
        stopUrl: stop,
      }),
      headers: { 'List-Unsubscribe': `<${stop}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    }
  },
  sample: async (ctx, to) =>
    letter(ctx, to, await import('./notifications'), {
      name: 'Ada Lovelace',
      titles: ['Your export is ready', 'Your role is now support'],
      url: `${ctx.config.appUrl}/`,
      stopUrl: `${ctx.config.appUrl}/unsubscribe?token=sample`,
    }),
})

export const mails = [digestMail]
