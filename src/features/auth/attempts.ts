import { type Context, days, digest, minutes, networkOf, type Tx } from '#core'
import { bookkeeping } from '#db'
import { failures } from './failures'
import { type Budget, forget, giveBack, take } from './throttle'

/**
 * Where a password is tried. Each has its own budget: whoever keeps an account's sign-in throttled from outside must
 * not keep its owner from changing the password in a session that is open.
 */
export type Door = 'login' | 'session'

/** Wrong passwords per account, and how many in a row before only a reset by mail helps (NIST SP 800-63B 3.2.2). */
const PER_ACCOUNT = { limit: 10, window: minutes(15) }
const IN_A_ROW = { limit: 100, window: days(30) }
/** Wrong passwords per client address, over all accounts. */
const PER_NETWORK = { limit: 50, window: minutes(15) }

const accountBudgets = (door: Door, email: string): Budget[] => [
  { key: `${door}:account:${digest(email)}`, ...PER_ACCOUNT },
  { key: `${door}:streak:${digest(email)}`, ...IN_A_ROW },
]

const budgets = (ctx: Context, door: Door, email: string): Budget[] => [
  ...accountBudgets(door, email),
  ...(ctx.config.rateLimit.on ? [{ key: `login:network:${networkOf(ctx.ip)}`, ...PER_NETWORK }] : []),
]

const keysOf = (all: Budget[]) => all.map(({ key }) => key)

/** Counts an attempt before it is made, so that many at once cannot slip past. Throws RATE_LIMITED. */
export const reserveAttempt = async (ctx: Context, door: Door, email: string): Promise<void> => {
  const opens = await bookkeeping(ctx, (tx) => take(tx, ctx, budgets(ctx, door, email)))
  if (!opens) return
  throw failures.RATE_LIMITED({ retryAfter: Math.ceil((opens.getTime() - ctx.now.getTime()) / 1000) })
}

/** Gives back an attempt that was reserved and never made. */
export const returnAttempt = (ctx: Context, door: Door, email: string) =>
  bookkeeping(ctx, (tx) => giveBack(tx, keysOf(budgets(ctx, door, email))))

/** A right password: it was no guess, and those before it are forgiven. */
export const attemptSucceeded = (ctx: Context, door: Door, email: string) =>
  bookkeeping(ctx, async (tx) => {
    await giveBack(tx, keysOf(budgets(ctx, door, email)))
    await forget(tx, keysOf(accountBudgets(door, email)))
  })

/** A new password: what was guessed about the old one does not count any more. */
export const forgiveAttempts = (tx: Tx, email: string) =>
  forget(tx, keysOf([...accountBudgets('login', email), ...accountBudgets('session', email)]))
