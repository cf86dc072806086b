import { and, eq, lt, sql } from 'drizzle-orm'
import { type Context, type Failure, later, minutes, SKEW, type Tx } from '#core'
import { journal } from '#db'
import { sendMail } from '#mail'
import { codesLeft, consumeCode } from './backup-codes'
import { noteDrift, noteInTime } from './drift'
import { twoFactorFailed, twoFactorPassed } from './events'
import { failures } from './failures'
import { backupCodesLowMail, twoFactorBlockedMail } from './mails'
import { type TwoFactor, twoFactors } from './schema'
import { stepOf } from './totp'
import { vault } from './vault'

/** Wrong codes per account and window, whatever the method and however many challenges there are. */
export const MAX_TRIES = 10
const TRIES_WINDOW = minutes(15)
/** Wrong codes in a row with one password, before a new password has to be set (NIST SP 800-63B 3.2.2). */
const MAX_IN_A_ROW = 100
/** Fewer backup codes than this are worth a mail. */
const FEW_CODES = 3

const DIGITS = /^\d{6}$/

/** What came of a code. A wrong one has been counted: commit, then throw the refusal. */
export type Verdict = { refusal?: undefined } | { refusal: Failure }

/** A person's second factor, if it is on. */
export const enabledFactor = async (tx: Pick<Tx, 'select'>, userId: string): Promise<TwoFactor | undefined> => {
  const [factor] = await tx.select().from(twoFactors).where(eq(twoFactors.userId, userId))
  return factor?.enabledAt ? factor : undefined
}

/**
 * Takes a TOTP or backup code for a person's second factor in the caller's transaction, which commits the count of a
 * wrong one with it: nothing is tried that is not counted, and what fails on our side costs nothing. `mark` is that of
 * the password at a sign-in. Throws RATE_LIMITED, with nothing counted, once too many were wrong.
 */
export const tryCode = async (
  tx: Tx,
  ctx: Context,
  factor: TwoFactor,
  typed: string,
  mark?: string,
): Promise<Verdict> => {
  const { userId } = factor
  const tries = await count(tx, ctx, factor, mark)
  const code = typed.replace(/[\s-]/g, '')
  const secret = vault(ctx).open(factor.secret, userId)
  const method = DIGITS.test(code) ? 'totp' : 'backup_code'
  const right =
    method === 'totp' ? await takeStep(tx, ctx, userId, secret, code) : await consumeCode(tx, userId, secret, code)
  if (!right) {
    await journal.record(tx, ctx, twoFactorFailed, { userId, method })
    if (tries === MAX_TRIES) await sendMail(tx, ctx, twoFactorBlockedMail, { userId })
    return { refusal: failures.INVALID_CODE() }
  }
  await tx
    .update(twoFactors)
    .set({ tries: sql`${twoFactors.tries} - 1`, wrongInARow: 0 })
    .where(eq(twoFactors.userId, userId))
  const left = method === 'backup_code' ? await codesLeft(tx, userId) : undefined
  await journal.record(tx, ctx, twoFactorPassed, { userId, method, codesLeft: left })
  if (left !== undefined && left < FEW_CODES) await sendMail(tx, ctx, backupCodesLowMail, { userId, left })
  return {}
}

/** Counts a try before it is made. Returns how many there were in this window. */
const count = async (tx: Tx, ctx: Context, factor: TwoFactor, mark?: string): Promise<number> => {
  const { userId, triesResetAt } = factor
  // A clock that was set back must not keep anybody out for much longer than the window.
  const open = triesResetAt && triesResetAt > ctx.now && triesResetAt <= later(ctx.now, TRIES_WINDOW + SKEW)
  const tries = open ? factor.tries : 0
  const resetsAt = open ? triesResetAt : later(ctx.now, TRIES_WINDOW)
  const inARow = mark !== undefined && factor.wrongMark === mark ? factor.wrongInARow : 0
  if (tries >= MAX_TRIES || inARow >= MAX_IN_A_ROW)
    throw failures.RATE_LIMITED({ retryAfter: (resetsAt.getTime() - ctx.now.getTime()) / 1000 })
  const row = mark === undefined ? {} : { wrongInARow: inARow + 1, wrongMark: mark }
  await tx
    .update(twoFactors)
    .set({ tries: tries + 1, triesResetAt: resetsAt, ...row })
    .where(eq(twoFactors.userId, userId))
  return tries + 1
}

/** Takes a TOTP code if its step lies after the last one that was taken: one statement, so that of many one wins. */
const takeStep = async (tx: Tx, ctx: Context, userId: string, secret: string, code: string): Promise<boolean> => {
  const step = stepOf(secret, code, ctx.now)
  if (step === undefined) {
    noteDrift(ctx, secret, code)
    return false
  }
  const [taken] = await tx
    .update(twoFactors)
    .set({ lastStep: step })
    .where(and(eq(twoFactors.userId, userId), lt(twoFactors.lastStep, step)))
    .returning({ userId: twoFactors.userId })
  if (taken) noteInTime(ctx)
  return taken !== undefined
}
