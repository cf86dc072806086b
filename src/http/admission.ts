import { type App, Failure, holds, type Identity, minutes } from '#core'
import type { Access, Exchange } from './exchange'
import { failures } from './failures'

/** How long a proof of password or second factor opens the dangerous routes. */
const STEP_UP_LIFETIME = minutes(15)

/** Asks every feature whose credential this is. A bad credential is kept: only routes that need one refuse for it. */
export const identifier = (app: App) => {
  const authenticators = app.features.flatMap((feature) => feature.authenticate?.(app) ?? [])
  return async (request: Request, exchange: Exchange): Promise<void> => {
    let found: Identity | undefined
    for (const authenticate of authenticators) {
      try {
        const answer = authenticate(request)
        const identity = answer instanceof Promise ? await answer : answer
        if (!identity) continue
        if ((found && found.actor.userId !== identity.actor.userId) || exchange.refusal)
          exchange.refusal = failures.AMBIGUOUS_CREDENTIALS()
        found ??= identity
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        exchange.refusal = found || exchange.refusal ? failures.AMBIGUOUS_CREDENTIALS() : error
      }
    }
    if (!exchange.refusal) exchange.identity = found
  }
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
