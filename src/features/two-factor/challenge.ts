import { and, eq, gt, lt, lte, sql } from 'drizzle-orm'
import { type Context, digest, type Failure, later, minutes, randomToken, type SignInChallenge } from '#core'
import { bookkeeping, transaction } from '#db'
import { begin, type SignedIn } from '#features/auth'
import { codesLeft } from './backup-codes'
import { failures } from './failures'
import { challenges } from './schema'
import { enabledFactor, tryCode } from './try-code'

const CHALLENGE_LIFETIME = minutes(10)
const TRIES_PER_CHALLENGE = 5

/** Stops a sign-in whose password was right until a code is sent; nothing for people without a second factor. */
export const challenge = async (
  ctx: Context,
  userId: string,
  passwordMark: string,
): Promise<SignInChallenge | undefined> => {
  if (!(await enabledFactor(ctx.db, userId))) return undefined
  const mfaToken = randomToken()
  const left = await bookkeeping(ctx, async (tx) => {
    await tx.delete(challenges).where(and(eq(challenges.userId, userId), lte(challenges.expiresAt, ctx.now)))
    const expiresAt = later(ctx.now, CHALLENGE_LIFETIME)
    await tx.insert(challenges).values({ digest: digest(mfaToken), userId, passwordMark, expiresAt })
    return await codesLeft(tx, userId)
  })
  const methods = left > 0 ? ['totp', 'backup_code'] : ['totp']
  return { mfaToken, methods, expiresIn: CHALLENGE_LIFETIME / 1000 }
}

/**
 * Completes a sign-in with a TOTP or backup code. All in one transaction: of many at once one opens a session.
 * Throws INVALID_CODE, INVALID_MFA_TOKEN (unknown, used, expired or tried five times), RATE_LIMITED, and
 * INVALID_CREDENTIALS if the password was changed, or the person banned or deleted, meanwhile.
 */
export const answer = async (ctx: Context, input: { mfaToken: string; code: string }): Promise<SignedIn> => {
  const outcome = await transaction(ctx, async (tx): Promise<{ opened: SignedIn } | { refusal: Failure }> => {
    const [asked] = await tx
      .update(challenges)
      .set({ tries: sql`${challenges.tries} + 1` })
      .where(
        and(
          eq(challenges.digest, digest(input.mfaToken)),
          gt(challenges.expiresAt, ctx.now),
          lt(challenges.tries, TRIES_PER_CHALLENGE),
        ),
      )
      .returning()
    const factor = asked && (await enabledFactor(tx, asked.userId))
    if (!asked || !factor) throw failures.INVALID_MFA_TOKEN()
    const { refusal } = await tryCode(tx, ctx, factor, input.code, asked.passwordMark)
    if (refusal) return { refusal }
    await tx.delete(challenges).where(eq(challenges.digest, asked.digest))
    return { opened: await begin(tx, ctx, asked.userId, asked.passwordMark) }
  })
  if ('refusal' in outcome) throw outcome.refusal
  return outcome.opened
}

/**
 * Asks for a code where a password proves somebody again. Nothing if no second factor is on.
 * Throws INVALID_CODE, without counting if there is none, and RATE_LIMITED.
 */
export const confirm = async (ctx: Context, userId: string, code: string | undefined): Promise<void> => {
  if (!(await enabledFactor(ctx.db, userId))) return
  if (code === undefined) throw failures.INVALID_CODE()
  const verdict = await transaction(ctx, async (tx) => {
    const factor = await enabledFactor(tx, userId)
    return factor ? await tryCode(tx, ctx, factor, code) : {}
  })
  if (verdict.refusal) throw verdict.refusal
}
