import { SignJWT } from 'jose/jwt/sign'
import { jwtVerify } from 'jose/jwt/verify'
import { type App, type Config, deriveKey, hours, later, minutes } from '#core'

export const ACCESS_TOKEN_LIFETIME = minutes(15)
/** No token is good for longer, whatever it says: that of an admin in somebody's place. */
export const LONGEST_LIFETIME = hours(1)

/** Verified tokens that are remembered, so that the signature is checked once per token and process. */
const REMEMBERED = 10_000

/** Seconds by which the clocks of two processes may differ: a token may seem to come from the near future. */
const SKEW = 5

/** Three parts, the last 32 bytes in the one spelling that base64url has for them: no token has a second form. */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]$/

const ALGORITHM = 'HS256'
const TYPE = 'at+jwt'

export interface AccessClaims {
  userId: string
  sessionId: string
  expiresAt: number
}

const keyOf = (secret: string) => Buffer.from(deriveKey(secret, 'access-token'), 'base64url')

/** Signs an access token (RFC 9068) for a session. It holds ids only. */
export const signAccessToken = (
  config: Config,
  userId: string,
  sessionId: string,
  now: Date,
  lifetime = ACCESS_TOKEN_LIFETIME,
): Promise<string> =>
  new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
    .setSubject(userId)
    .setIssuer(config.appUrl)
    .setAudience(config.appUrl)
    .setIssuedAt(now)
    .setExpirationTime(later(now, lifetime))
    .sign(keyOf(config.secrets[0] ?? ''))

/** Checks access tokens against every secret in force; answers nothing for any that does not hold (RFC 8725). */
export const accessTokens = ({ config, clock }: App) => {
  const keys = config.secrets.map(keyOf)
  const remembered = new Map<string, AccessClaims>()

  return async (token: string): Promise<AccessClaims | undefined> => {
    const now = clock.now()
    const known = remembered.get(token)
    if (known) {
      if (known.expiresAt > now.getTime()) return known
      remembered.delete(token)
      return undefined
    }
    if (!FORM.test(token)) return undefined
    const claims = await verify(token, keys, config.appUrl, now)
    if (!claims) return undefined
    if (remembered.size >= REMEMBERED) remembered.delete(remembered.keys().next().value ?? '')
    remembered.set(token, claims)
    return claims
  }
}

const verify = async (
  token: string,
  keys: Uint8Array[],
  issuer: string,
  currentDate: Date,
): Promise<AccessClaims | undefined> => {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        audience: issuer,
        requiredClaims: ['sub', 'sid', 'exp', 'iat'],
        currentDate,
        maxTokenAge: LONGEST_LIFETIME / 1000,
        clockTolerance: SKEW,
      })
      const { sub, sid, exp = 0 } = payload
      // Never good for longer than it says, whatever the clocks.
      if (typeof sub !== 'string' || typeof sid !== 'string' || exp * 1000 <= currentDate.getTime()) return undefined
      return { userId: sub, sessionId: sid, expiresAt: exp * 1000 }
    } catch {
      // Not made with this key, or not one of ours at all: the next key, or nothing.
    }
  }
  return undefined
}
