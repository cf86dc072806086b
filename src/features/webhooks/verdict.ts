import { type App, days, later, minutes, seconds } from '#core'
import type { Attempt, DisabledReason } from './schema'

/** An endpoint that fails for this long without one success is turned off. */
const PATIENCE = days(5)
/** A pause is up to this part longer than the schedule says, so that what failed together comes back apart. */
const JITTER = 0.2
/** However long a receiver asks us to wait: twice as long as we would have, or this. */
const LONGEST_WAIT = minutes(1)

type Reply = Awaited<ReturnType<App['outbound']['post']>>

/** What follows from one attempt. */
export type Verdict =
  | { status: 'delivered' }
  | { status: 'pending'; nextAttemptAt: Date }
  | { status: 'failed'; disable?: Exclude<DisabledReason, 'owner'> }

export interface Standing {
  /** Tries before this one. */
  tries: number
  failingSince: Date | null
  /** Seconds before each try. */
  schedule: readonly number[]
  now: Date
}

/**
 * Any 2xx ends it. 410 turns the endpoint off, and so do five days of nothing but failures. Everything else, a redirect
 * too, is tried again while the schedule lasts; 429 and 503 may ask for more time.
 */
export const judge = (reply: Reply, standing: Standing, random = Math.random): Verdict => {
  const { tries, failingSince, schedule, now } = standing
  const status = reply.kind === 'answered' ? reply.status : undefined
  if (status !== undefined && status >= 200 && status < 300) return { status: 'delivered' }
  if (status === 410) return { status: 'failed', disable: 'gone' }
  if (failingSince && now.getTime() - failingSince.getTime() >= PATIENCE)
    return { status: 'failed', disable: 'failing' }
  const slot = schedule[tries + 1]
  if (slot === undefined) return { status: 'failed' }
  const pause = seconds(slot) * (1 + random() * JITTER)
  const asked = status === 429 || status === 503 ? askedFor(reply, now) : 0
  const longest = Math.max(pause, 2 * seconds(slot), LONGEST_WAIT)
  return { status: 'pending', nextAttemptAt: later(now, Math.round(Math.max(pause, Math.min(asked, longest)))) }
}

/** Milliseconds that `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3). */
const askedFor = (reply: Reply, now: Date): number => {
  const text = reply.kind === 'answered' ? (reply.retryAfter ?? '') : ''
  const wait = /^\d{1,9}$/.test(text) ? seconds(Number(text)) : Date.parse(text) - now.getTime()
  return Number.isNaN(wait) ? 0 : wait
}

/** What is kept of an attempt. */
export const attemptOf = (reply: Reply, at: Date): Attempt => ({
  at: at.toISOString(),
  ...(reply.kind === 'answered' ? { statusCode: reply.status } : { error: reply.error }),
  durationMs: reply.durationMs,
  ...(reply.kind === 'answered' && reply.body !== '' ? { responseBody: reply.body } : {}),
})
