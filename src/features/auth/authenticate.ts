import type { App, Identity } from '#core'
import { httpFailures, isSameSite } from '#http'
import { accessTokens } from './access-token'
import { cookieNames, readCookie } from './cookies'
import { failures } from './failures'
import { liveSessions } from './live-sessions'

/**
 * Recognises access tokens, as bearer or cookie, and holds them against the session's state on every request. Throws
 * INVALID_ACCESS_TOKEN, CROSS_SITE_REQUEST, and AMBIGUOUS_CREDENTIALS when bearer and cookie are two people's.
 */
export const authenticate = (app: App) => {
  const verify = accessTokens(app)
  const actorOf = liveSessions(app)
  const names = cookieNames(app.config)

  return async (request: Request): Promise<Identity | undefined> => {
    const header = request.headers.get('authorization')
    const cookie = readCookie(request.headers.get('cookie'), names.access)
    const token = header === null ? cookie : bearer(header)
    if (!token) {
      if (header !== null) throw failures.INVALID_ACCESS_TOKEN()
      return undefined
    }
    const claims = await verify(token)
    if (!claims) throw failures.INVALID_ACCESS_TOKEN()
    if (header === null && !isSameSite(app.config, request)) throw httpFailures.CROSS_SITE_REQUEST()
    if (header !== null && cookie) {
      const other = await verify(cookie)
      if (other && other.userId !== claims.userId) throw httpFailures.AMBIGUOUS_CREDENTIALS()
    }
    return { actor: await actorOf(claims) }
  }
}

const bearer = (header: string) => (header.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : undefined)
