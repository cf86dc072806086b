import type { Config } from '#core'
import { ACCESS_TOKEN_LIFETIME } from './access-token'
import { SESSION_LIFETIME } from './sessions'

/** Browsers take `__Host-` cookies over https only; plain-http development does without. */
const isPlain = (config: Config) => !config.production && config.appUrl.startsWith('http://')

/** What the session's cookies are called here. */
export const cookieNames = (config: Config) => {
  const prefix = isPlain(config) ? '' : '__Host-'
  return { access: `${prefix}access`, refresh: `${prefix}refresh` }
}

/** `Set-Cookie` lines that hand a session to a browser (ASVS 3.3). */
export const sessionCookies = (config: Config, tokens: { accessToken: string; refreshToken: string }) => {
  const names = cookieNames(config)
  return [
    line(config, names.access, tokens.accessToken, ACCESS_TOKEN_LIFETIME),
    line(config, names.refresh, tokens.refreshToken, SESSION_LIFETIME),
  ]
}

/** The same cookies, expired. */
export const expiredCookies = (config: Config) =>
  Object.values(cookieNames(config)).map((name) => line(config, name, '', 0))

const line = (config: Config, name: string, value: string, lifetime: number) =>
  `${name}=${value}; Path=/; Max-Age=${lifetime / 1000}; HttpOnly; SameSite=Lax${isPlain(config) ? '' : '; Secure'}`

/** The refresh token that a browser sent by itself. */
export const refreshCookie = (config: Config, request: Request) =>
  readCookie(request.headers.get('cookie'), cookieNames(config).refresh)

/** One cookie's value as it was sent. */
export const readCookie = (header: string | null, name: string): string | undefined => {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}
