import { type App, actorId, minutes, networkOf, type Refused } from '#core'
import { journal, transaction } from '#db'
import { accessRefused } from './events'

/** The same refusal of the same caller is written down once in this time, */
const WINDOW = minutes(1)
/** and so many in all: whoever floods the door must not fill the disk. */
const PER_WINDOW = 60

/** Refusals that tell of somebody trying a door. Wrong passwords and codes have events of their own. */
const TELLING = new Set([
  'ambiguous_credentials',
  'cross_site_request',
  'forbidden',
  'impersonation_forbidden',
  'insufficient_scope',
  'invalid_api_key',
  'invalid_link',
  'invalid_mfa_token',
  'invalid_refresh_token',
  'invalid_signature',
  'invalid_token',
  'ip_not_allowed',
  'scope_not_held',
  'session_required',
  'setup_closed',
  'step_up_required',
])

const isTelling = ({ status, code, permission, tier }: Refused) => {
  // On what only some may do, a missing or worn-out credential tells as much as a wrong one.
  if (permission !== undefined && (status === 401 || status === 403)) return code !== 'invalid_credentials'
  return TELLING.has(code) || (code === 'rate_limited' && tier !== undefined)
}

/** Writes refused attempts into the journal (ASVS 5.0 V16.3.2, V16.3.3). Never throws: the refusal stands without it. */
export const onRefused = (app: App) => {
  let seen = new Set<string>()
  let since = 0

  const isNew = (key: string, now: number) => {
    if (Math.abs(now - since) >= WINDOW) {
      seen = new Set()
      since = now
    }
    if (seen.has(key) || seen.size >= PER_WINDOW) return false
    seen.add(key)
    return true
  }

  return async (refused: Refused): Promise<void> => {
    const { ctx, method, route, code, permission } = refused
    const caller = actorId(ctx.actor) ?? networkOf(ctx.ip)
    if (!isTelling(refused) || !isNew(`${caller} ${method} ${route} ${code}`, ctx.now.getTime())) return
    const payload = { code, route: `${method} ${route}`, ...(permission === undefined ? {} : { permission }) }
    try {
      await transaction(ctx, (tx) => journal.record(tx, ctx, accessRefused, payload))
    } catch (error) {
      app.log.error({ requestId: ctx.requestId, error: String(error) }, 'A refusal could not be written down')
    }
  }
}
