import { type App, Failure, holds, type Identity, minutes } from '#core'
import type { Access, Exchange } from './exchange'
import { failures } from './failures'

/** How long a proof of password or second factor opens the dangerous routes. */
const STEP_UP_LIFETIME = minutes(15)

type Answer = Identity | undefined

/**
 * Asks every feature whose credential this is; at once where all answer at once. A bad credential is kept: only routes
 * that need one refuse for it.
 */
export const identifier = (app: App) => {
  const authenticators = app.features.flatMap((feature) => feature.authenticate?.(app) ?? [])

  const settle = (exchange: Exchange, identity: Answer) => {
    if (!identity) return
    const { identity: found, refusal } = exchange
    if (refusal || (found && found.actor.userId !== identity.actor.userId))
      refuse(exchange, failures.AMBIGUOUS_CREDENTIALS())
    else exchange.identity = found ?? identity
  }

  const attempt = (exchange: Exchange, ask: () => Answer | Promise<Answer>): void | Promise<void> => {
    try {
      const answer = ask()
      if (!(answer instanceof Promise)) return settle(exchange, answer)
      return answer.then(
        (identity) => settle(exchange, identity),
        (error: unknown) => fail(exchange, error),
      )
    } catch (error) {
      fail(exchange, error)
    }
  }

  return (request: Request, exchange: Exchange): void | Promise<void> => {
    let pending: Promise<void> | undefined
    for (const authenticate of authenticators) {
      const one = () => attempt(exchange, () => authenticate(request))
      if (pending) pending = pending.then(one)
      else pending = one() ?? undefined
    }
    return pending
  }
}

/** A second credential, good or bad, disagrees with a first one. */
const fail = (exchange: Exchange, error: unknown) => {
  if (!(error instanceof Failure)) throw error
  refuse(exchange, exchange.identity || exchange.refusal ? failures.AMBIGUOUS_CREDENTIALS() : error)
}

const refuse = (exchange: Exchange, refusal: Failure) => {
  exchange.identity = undefined
  exchange.refusal = refusal
}

/** Holds a route's declared access against who is calling. Throws the refusal. */
export const admit = (access: Access, exchange: Exchange, now: Date) => {
  if (access.kind === 'public') return
  if (exchange.refusal) throw exchange.refusal
  const actor = exchange.identity?.actor
  if (!actor) throw failures.UNAUTHENTICATED()
  if (access.kind === 'session' && actor.type === 'api-key') throw failures.SESSION_REQUIRED()
  if (access.kind === 'session' && actor.type === 'impersonator') throw failures.IMPERSONATION_FORBIDDEN()
  if (access.permission && !holds(actor.permissions, access.permission))
    throw actor.type === 'api-key' ? failures.INSUFFICIENT_SCOPE() : failures.FORBIDDEN()
  if (access.verified && !actor.emailVerified) throw failures.EMAIL_NOT_VERIFIED()
  if (access.stepUp && !(actor.type === 'user' && now.getTime() - actor.provedAt.getTime() <= STEP_UP_LIFETIME))
    throw failures.STEP_UP_REQUIRED()
}
