import { eq, isNull } from 'drizzle-orm'
import { later, minutes, type Signed } from '#core'
import { journal, transaction } from '#db'
import { prove, requireSession, revokeSessions } from '#features/auth'
import { noteSecondFactor } from '#features/users'
import { sendMail } from '#mail'
import { replaceCodes } from './backup-codes'
import { twoFactorBegun, twoFactorEnabled } from './events'
import { failures } from './failures'
import { twoFactorEnabledMail } from './mails'
import { twoFactors } from './schema'
import { enrolmentOf, newSecret, stepOf } from './totp'
import { enabledFactor } from './try-code'
import { vault } from './vault'

/** How long a new secret waits for its first code. */
export const ENROLMENT_LIFETIME = minutes(15)

/**
 * Makes a secret for the caller's authenticator app, shown once. It guards nothing until `verify` has seen a code; the
 * one from a begin before is dead. Throws TWO_FACTOR_ALREADY_ENABLED, and what `prove` throws.
 */
export const begin = async (ctx: Signed, password: string) => {
  const { userId } = ctx.actor
  if (await enabledFactor(ctx.db, userId)) throw failures.TWO_FACTOR_ALREADY_ENABLED()
  const { user } = await prove(ctx, password, 'not asked')
  const secret = newSecret()
  const row = { secret: vault(ctx).seal(secret, userId), createdAt: ctx.now }
  await transaction(ctx, async (tx) => {
    await requireSession(tx, ctx)
    const [begun] = await tx
      .insert(twoFactors)
      .values({ userId, ...row })
      .onConflictDoUpdate({ target: twoFactors.userId, set: row, setWhere: isNull(twoFactors.enabledAt) })
      .returning()
    if (!begun) throw failures.TWO_FACTOR_ALREADY_ENABLED()
    await journal.record(tx, ctx, twoFactorBegun, { userId })
  })
  return enrolmentOf(secret, ctx.config.appName, user.email)
}

/**
 * Turns the second factor on with the first code of the app; other sessions end. Returns the backup codes, shown once.
 * Throws INVALID_CODE, TWO_FACTOR_ALREADY_ENABLED, TWO_FACTOR_NOT_BEGUN.
 */
export const verify = (ctx: Signed, code: string): Promise<string[]> =>
  transaction(ctx, async (tx) => {
    const { userId } = ctx.actor
    await requireSession(tx, ctx)
    const [pending] = await tx.select().from(twoFactors).where(eq(twoFactors.userId, userId))
    if (pending?.enabledAt) throw failures.TWO_FACTOR_ALREADY_ENABLED()
    if (!pending || later(pending.createdAt, ENROLMENT_LIFETIME) < ctx.now) throw failures.TWO_FACTOR_NOT_BEGUN()
    const secret = vault(ctx).open(pending.secret, userId)
    const step = stepOf(secret, code.replace(/\s/g, ''), ctx.now)
    if (step === undefined) throw failures.INVALID_CODE()
    await tx.update(twoFactors).set({ enabledAt: ctx.now, lastStep: step }).where(eq(twoFactors.userId, userId))
    const codes = await replaceCodes(tx, userId, secret)
    await noteSecondFactor(tx, ctx, userId, ctx.now)
    await journal.record(tx, ctx, twoFactorEnabled, { userId })
    await revokeSessions(tx, ctx, userId, 'two_factor_enabled', keepCurrent(ctx))
    await sendMail(tx, ctx, twoFactorEnabledMail, { userId })
    return codes
  })

/** The session in use goes on when the others end. */
export const keepCurrent = ({ actor }: Signed) => (actor.type === 'user' ? { except: actor.sessionId } : {})
