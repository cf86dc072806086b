import { eq } from 'drizzle-orm'
import type { Context, Failure, Signed, Tx } from '#core'
import { journal, transaction } from '#db'
import { prove, requireSession, revokeSessions } from '#features/auth'
import { findSubordinate, noteSecondFactor } from '#features/users'
import { sendMail } from '#mail'
import { dropCodes, replaceCodes } from './backup-codes'
import { keepCurrent } from './enrol'
import { backupCodesReplaced, twoFactorDisabled } from './events'
import { failures } from './failures'
import { backupCodesReplacedMail, twoFactorDisabledMail, twoFactorResetMail } from './mails'
import { challenges, type TwoFactor, twoFactors } from './schema'
import { enabledFactor, tryCode } from './try-code'
import { vault } from './vault'

interface Proof {
  password: string
  code: string
}

/**
 * Turns the caller's second factor off; other sessions end.
 * Throws TWO_FACTOR_NOT_ENABLED, INVALID_CODE, RATE_LIMITED, and what `prove` throws.
 */
export const disable = (ctx: Signed, proof: Proof): Promise<void> =>
  withProof(ctx, proof, async (tx, { userId }) => {
    await drop(tx, ctx, userId, 'turned off')
    await revokeSessions(tx, ctx, userId, 'two_factor_disabled', keepCurrent(ctx))
    await sendMail(tx, ctx, twoFactorDisabledMail, { userId })
  })

/** Makes ten new backup codes for the caller, shown once; the old ones are dead. Throws like `disable`. */
export const newBackupCodes = (ctx: Signed, proof: Proof): Promise<string[]> =>
  withProof(ctx, proof, async (tx, { userId, secret }) => {
    const codes = await replaceCodes(tx, userId, vault(ctx).open(secret, userId))
    await journal.record(tx, ctx, backupCodesReplaced, { userId })
    await sendMail(tx, ctx, backupCodesReplacedMail, { userId })
    return codes
  })

/**
 * Takes the second factor of somebody who has lost it, for an admin: all their sessions end and they are told. Never
 * one's own, so that a stolen admin session cannot. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED,
 * TWO_FACTOR_NOT_ENABLED.
 */
export const resetTwoFactor = (ctx: Context, userId: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    await findSubordinate(tx, ctx, userId)
    if (!(await enabledFactor(tx, userId))) throw failures.TWO_FACTOR_NOT_ENABLED()
    await drop(tx, ctx, userId, 'reset')
    await revokeSessions(tx, ctx, userId, 'two_factor_reset')
    await sendMail(tx, ctx, twoFactorResetMail, { userId })
  })

/** Takes a second factor away in the caller's transaction, with all that hangs on it. Nothing if there is none. */
export const drop = async (tx: Tx, ctx: Context, userId: string, reason: string): Promise<void> => {
  const [factor] = await tx.delete(twoFactors).where(eq(twoFactors.userId, userId)).returning()
  await dropCodes(tx, userId)
  await tx.delete(challenges).where(eq(challenges.userId, userId))
  if (!factor?.enabledAt) return
  await noteSecondFactor(tx, ctx, userId, null)
  await journal.record(tx, ctx, twoFactorDisabled, { userId, reason })
}

/** Password first, then the code and what it is for in one transaction: one code does one thing. */
const withProof = async <T>(ctx: Signed, proof: Proof, work: (tx: Tx, factor: TwoFactor) => Promise<T>): Promise<T> => {
  const { userId } = ctx.actor
  if (!(await enabledFactor(ctx.db, userId))) throw failures.TWO_FACTOR_NOT_ENABLED()
  await prove(ctx, proof.password, 'not asked')
  const outcome = await transaction(ctx, async (tx): Promise<{ done: T } | { refusal: Failure }> => {
    await requireSession(tx, ctx)
    const factor = await enabledFactor(tx, userId)
    if (!factor) throw failures.TWO_FACTOR_NOT_ENABLED()
    const { refusal } = await tryCode(tx, ctx, factor, proof.code)
    return refusal ? { refusal } : { done: await work(tx, factor) }
  })
  if ('refusal' in outcome) throw outcome.refusal
  return outcome.done
}
