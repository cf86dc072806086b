import { type Context, deriveKey, keyedDigest, type NotificationCategory } from '#core'
import { findById } from '#features/users'
import { failures } from './failures'
import { stopMails } from './preferences'

const CATEGORIES = new Set<string>(['account', 'activity', 'system'])

const isCategory = (text: string): text is NotificationCategory => CATEGORIES.has(text)
const sign = (master: string, body: string) => keyedDigest(deriveKey(master, 'unsubscribe'), body)

/** Where one click ends the mails of a category (RFC 8058). Works without signing in, for as long as the secret is in force. */
export const unsubscribeUrl = (ctx: Context, userId: string, category: NotificationCategory): string => {
  const body = `${userId}.${category}`
  return `${ctx.config.appUrl}/unsubscribe?token=${body}.${sign(ctx.config.secrets[0] ?? '', body)}`
}

/** Whose mails of which category a link ends. Throws INVALID_TOKEN. */
export const readToken = (ctx: Context, token: string): { userId: string; category: NotificationCategory } => {
  const [userId = '', category = '', signature = ''] = token.split('.')
  const holds = ctx.config.secrets.some((master) => sign(master, `${userId}.${category}`) === signature)
  if (!holds || !isCategory(category)) throw failures.INVALID_TOKEN()
  return { userId, category }
}

/** Ends the mails that a link is about; again and again is fine. Throws INVALID_TOKEN. */
export const unsubscribe = async (ctx: Context, token: string): Promise<NotificationCategory> => {
  const { userId, category } = readToken(ctx, token)
  if (await findById(ctx.db, userId)) await stopMails(ctx, userId, category)
  return category
}
