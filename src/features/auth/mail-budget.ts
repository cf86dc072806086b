import { type Context, digest, hours, minutes, type Tx } from '#core'
import { forget, take } from './throttle'

/** Mails that a stranger can cause. */
const KINDS = ['verify-email', 'already-registered', 'email-change', 'reset-password'] as const
type Kind = (typeof KINDS)[number]

/** Mails of one kind to one address. */
const PAUSE = { limit: 1, window: minutes(1) }
const PER_HOUR = { limit: 5, window: hours(1) }
/** Mails of one kind to everybody: a flood of one kind leaves the others alone. */
const ALL = { limit: 10_000, window: hours(1) }

const pauseKey = (kind: Kind, email: string) => `mail:pause:${kind}:${digest(email)}`
const hourKey = (kind: Kind, email: string) => `mail:hour:${kind}:${digest(email)}`
const ofAll = (kind: Kind) => ({ key: `mail:all:${kind}`, ...ALL })

/** True if a mail of this kind may go to this address now; counts it. Your inbox is nobody's weapon (OWASP Forgot Password). */
export const mayMail = async (tx: Tx, ctx: Context, kind: Kind, email: string): Promise<boolean> => {
  const hour = { key: hourKey(kind, email), ...PER_HOUR }
  return !(await take(tx, ctx, [{ key: pauseKey(kind, email), ...PAUSE }, hour, ofAll(kind)]))
}

/** The same for an address that nobody has yet: no mail of ours can have bothered it. */
export const mayMailFirst = async (tx: Tx, ctx: Context, kind: Kind, email: string): Promise<boolean> => {
  await forget(tx, [pauseKey(kind, email), hourKey(kind, email)])
  return await mayMail(tx, ctx, kind, email)
}

/** Whoever used the link reads that inbox and may ask for the next one at once. */
export const endMailPause = (tx: Tx, kind: Kind, email: string) => forget(tx, [pauseKey(kind, email)])

/** Whoever is erased takes along what was counted for their address. */
export const forgetMails = (tx: Tx, email: string) =>
  forget(
    tx,
    KINDS.flatMap((kind) => [pauseKey(kind, email), hourKey(kind, email)]),
  )
