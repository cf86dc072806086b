import { and, eq, gt, inArray, isNull } from 'drizzle-orm'
import { type Context, days, deriveKey, digest, hours, keyedDigest, later, minutes, newId, type Tx } from '#core'
import { failures } from './failures'
import { oneTimeTokens, type TokenPurpose } from './schema'

export const TOKEN_LIFETIME: Record<TokenPurpose, number> = {
  verify_email: hours(24),
  reset_password: minutes(15),
  confirm_email_change: hours(24),
  revert_email_change: days(7),
  admin_setup: minutes(30),
}

export type OneTimeToken = typeof oneTimeTokens.$inferSelect
type Ownership = { userId?: string; email?: string; newEmail?: string }

/**
 * Makes the only live token of its purpose for its owner. Its secret is not random but derived from its id with a key
 * that the database does not hold: whoever composes the mail derives it again, and only its digest is ever stored.
 */
export const issueToken = async (
  tx: Tx,
  ctx: Context,
  purpose: TokenPurpose,
  owner: Ownership,
): Promise<OneTimeToken> => {
  // Ways back stay open: a thief who changes the address twice must not close the first one.
  if (owner.userId && purpose !== 'revert_email_change') await dropTokens(tx, owner.userId, [purpose])
  const id = newId()
  const [token] = await tx
    .insert(oneTimeTokens)
    .values({
      id,
      purpose,
      digest: digest(derive(ctx.config.secrets[0] ?? '', id)),
      createdAt: ctx.now,
      expiresAt: later(ctx.now, TOKEN_LIFETIME[purpose]),
      ...owner,
    })
    .returning()
  if (!token) throw new Error('A token was not stored')
  return token
}

/** The secret of a live token, for the mail. Nothing if the token is gone, used or expired. */
export const revealToken = async (
  ctx: Context,
  id: string,
): Promise<{ token: OneTimeToken; secret: string } | undefined> => {
  const [token] = await ctx.db
    .select()
    .from(oneTimeTokens)
    .where(and(eq(oneTimeTokens.id, id), isNull(oneTimeTokens.usedAt), gt(oneTimeTokens.expiresAt, ctx.now)))
  const secret =
    token &&
    ctx.config.secrets.map((master) => derive(master, id)).find((candidate) => digest(candidate) === token.digest)
  return token && secret ? { token, secret } : undefined
}

/** Looks at a live token without using it. Throws INVALID_TOKEN: the same for unknown, expired and used. */
export const peekToken = async (ctx: Context, purpose: TokenPurpose, secret: string): Promise<OneTimeToken> => {
  const [token] = await ctx.db
    .select()
    .from(oneTimeTokens)
    .where(live(ctx, purpose, secret))
  if (!token) throw failures.INVALID_TOKEN()
  return token
}

/** Uses a token up in one statement, so that of many at once one wins. Throws INVALID_TOKEN (ASVS 6.5.1). */
export const consumeToken = async (
  tx: Tx,
  ctx: Context,
  purpose: TokenPurpose,
  secret: string,
): Promise<OneTimeToken> => {
  const [token] = await tx
    .update(oneTimeTokens)
    .set({ usedAt: ctx.now })
    .where(live(ctx, purpose, secret))
    .returning()
  if (!token) throw failures.INVALID_TOKEN()
  return token
}

/** Ends a person's tokens of these purposes; with `since` only those that were made after that one. */
export const dropTokens = (tx: Tx, userId: string, purposes: TokenPurpose[], since?: OneTimeToken) =>
  tx
    .delete(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.userId, userId),
        inArray(oneTimeTokens.purpose, purposes),
        since && gt(oneTimeTokens.id, since.id),
      ),
    )

const live = (ctx: Context, purpose: TokenPurpose, secret: string) =>
  and(
    eq(oneTimeTokens.digest, digest(secret)),
    eq(oneTimeTokens.purpose, purpose),
    isNull(oneTimeTokens.usedAt),
    gt(oneTimeTokens.expiresAt, ctx.now),
  )

const derive = (master: string, id: string) => keyedDigest(deriveKey(master, 'one-time-token'), id)
