import { eq, sql } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { failures } from './failures'
import { type User, users } from './schema'

/** Notes in the caller's transaction since when a second factor guards a person; null when none does. Throws USER_NOT_FOUND. */
export const noteSecondFactor = async (tx: Tx, ctx: Context, userId: string, since: Date | null): Promise<User> => {
  const [user] = await tx
    .update(users)
    .set({ twoFactorEnabledAt: since, updatedAt: ctx.now, version: sql`${users.version} + 1` })
    .where(eq(users.id, userId))
    .returning()
  if (!user) throw failures.USER_NOT_FOUND()
  return user
}
