import { Secret, TOTP } from 'otpauth'
import { renderSVG } from 'uqr'
import { seconds } from '#core'

/** Bytes: the 160 bits that RFC 4226 recommends. */
const SECRET_BYTES = 20
const PERIOD = seconds(30)
/** Codes of this many steps before and after now are taken, for clocks that differ (RFC 6238 5.2). */
const WINDOW = 1

/** SHA-1, six digits, 30 seconds: what every authenticator app can do. */
const totp = (secret: string) =>
  new TOTP({ secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: PERIOD / 1000 })

/** A new shared secret in base32. */
export const newSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** The time step whose code this is, around `now`; nothing if it is no code of this secret (RFC 6238). */
export const stepOf = (secret: string, code: string, now: Date, window = WINDOW): number | undefined => {
  const delta = totp(secret).validate({ token: code, timestamp: now.getTime(), window })
  return delta === null ? undefined : Math.floor(now.getTime() / PERIOD) + delta
}

/** How many steps ahead of (or behind) ours the clock is that made this step. */
export const driftOf = (step: number, now: Date): number => step - Math.floor(now.getTime() / PERIOD)

/** What an authenticator app reads: as a link, and as a QR code in a data URL. */
export const enrolmentOf = (secret: string, issuer: string, label: string) => {
  const otpauthUrl = Object.assign(totp(secret), { issuer, label }).toString()
  const svg = renderSVG(otpauthUrl, { border: 4, pixelSize: 1 })
  return { secret, otpauthUrl, qrCode: `data:image/svg+xml;base64,${btoa(svg)}` }
}
