import { type Context, Failure } from '#core'
import { journal, transaction } from '#db'
import { isBanned, type User } from '#features/users'
import { type Account, findAccount, rehashed } from './account'
import { attemptSucceeded, type Door, reserveAttempt, returnAttempt } from './attempts'
import { signInFailed } from './events'
import { failures } from './failures'

/**
 * Holds a password against the account of an address in its canonical spelling. Counts the attempt before making it, and
 * always hashes. Throws INVALID_CREDENTIALS, the same for unknown, wrong, banned and deleted (ASVS 6.3.8), RATE_LIMITED.
 */
export const checkPassword = async (ctx: Context, door: Door, email: string, password: string): Promise<Account> => {
  await reserveAttempt(ctx, door, email)
  const { user, hash } = await findAccount(ctx, email)
  const right = await verifyOrGiveBack(ctx, door, email, password, hash)
  if (user && hash && right && !isBanned(user, ctx.now)) {
    await attemptSucceeded(ctx, door, email)
    return await rehashed(ctx, { user, hash }, password)
  }
  const reason = reasonOf(user, right)
  await transaction(ctx, (tx) => journal.record(tx, ctx, signInFailed, user ? { userId: user.id, reason } : { reason }))
  throw failures.INVALID_CREDENTIALS()
}

type Verify = (ctx: Context, door: Door, email: string, password: string, hash: string | undefined) => Promise<boolean>

/** An attempt that was shed for load was never made: it must not count against the account. */
const verifyOrGiveBack: Verify = async (ctx, door, email, password, hash) => {
  try {
    return await ctx.passwords.verify(password, hash)
  } catch (error) {
    if (error instanceof Failure) await returnAttempt(ctx, door, email)
    throw error
  }
}

const reasonOf = (user: User | undefined, right: boolean) => {
  if (!user) return 'unknown address'
  return right ? 'banned' : 'wrong password'
}
