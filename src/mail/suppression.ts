import { eq } from 'drizzle-orm'
import { type Context, digest } from '#core'
import { bookkeeping } from '#db'
import { mailSuppressions } from './schema'

type Reason = typeof mailSuppressions.$inferSelect.reason

/** From now on the address gets no mail, security mails included: it bounces, or its owner asked for none. */
export const suppress = (ctx: Context, address: string, reason: Reason): Promise<void> =>
  bookkeeping(ctx, async (tx) => {
    const row = { addressHash: hashOf(address), reason, createdAt: ctx.now }
    await tx.insert(mailSuppressions).values(row).onConflictDoNothing()
  })

/** The address gets mail again. */
export const unsuppress = (ctx: Context, address: string): Promise<void> =>
  bookkeeping(ctx, async (tx) => {
    await tx.delete(mailSuppressions).where(eq(mailSuppressions.addressHash, hashOf(address)))
  })

export const isSuppressed = async (ctx: Context, address: string): Promise<boolean> => {
  const found = await ctx.db
    .select({ reason: mailSuppressions.reason })
    .from(mailSuppressions)
    .where(eq(mailSuppressions.addressHash, hashOf(address)))
  return found.length > 0
}

const hashOf = (address: string) => digest(address.trim().toLowerCase())
