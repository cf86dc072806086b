import { eq } from 'drizzle-orm'
import type { Context, NotificationCategory, Signed, Tx } from '#core'
import { journal, type Reader, transaction } from '#db'
import { preferencesChanged } from './events'
import { failures } from './failures'
import { notificationPreferences as table } from './schema'

export interface Channels {
  inApp: boolean
  email: boolean
  push: boolean
}

export type Preferences = Record<NotificationCategory, Channels>
export type PreferencesChange = Partial<Record<NotificationCategory, Partial<Channels>>>

/** What holds for whoever has changed nothing. Security mails are sent by the features themselves, at once. */
const DEFAULTS: Preferences = {
  security: { inApp: true, email: true, push: true },
  account: { inApp: true, email: true, push: true },
  activity: { inApp: true, email: false, push: false },
  system: { inApp: true, email: false, push: false },
}

/** What a person wants to be told, and how. */
export const preferencesOf = async (db: Pick<Reader, 'select'> | Tx, userId: string): Promise<Preferences> => {
  const rows = await db.select().from(table).where(eq(table.userId, userId))
  const own = Object.fromEntries(rows.map(({ category, inApp, email, push }) => [category, { inApp, email, push }]))
  return { ...DEFAULTS, ...own }
}

/** Changes channels of categories. Throws SECURITY_ALWAYS_ON, NOTHING_TO_CHANGE. */
export const changePreferences = (ctx: Signed, change: PreferencesChange): Promise<Preferences> => {
  const { userId } = ctx.actor
  if (Object.keys(change).length === 0) throw failures.NOTHING_TO_CHANGE()
  if (Object.values(change.security ?? {}).includes(false)) throw failures.SECURITY_ALWAYS_ON()
  return transaction(ctx, (tx) => store(tx, ctx, userId, change))
}

/** Stops the mails of one category, as the link in them says. */
export const stopMails = (ctx: Context, userId: string, category: NotificationCategory): Promise<Preferences> =>
  transaction(ctx, (tx) => store(tx, ctx, userId, { [category]: { email: false } }))

const store = async (tx: Tx, ctx: Context, userId: string, change: PreferencesChange): Promise<Preferences> => {
  const before = await preferencesOf(tx, userId)
  const after: Preferences = { ...before }
  for (const category of Object.keys(before) as NotificationCategory[]) {
    const channels = change[category]
    if (!channels) continue
    after[category] = { ...before[category], ...channels }
    const row = after[category]
    await tx
      .insert(table)
      .values({ userId, category, ...row })
      .onConflictDoUpdate({ target: [table.userId, table.category], set: row })
  }
  await journal.record(tx, ctx, preferencesChanged, { userId, before, after })
  return after
}
