import { timingSafeEqual } from 'node:crypto'
import { type Context, deriveKey, keyedDigest, later, type Signed, seconds } from '#core'
import { failures } from './failures'
import { findReady } from './find'
import type { VariantName } from './keys'
import { contentPath } from './view'

/** Signs for one purpose, with the newest master secret. A change of any part makes the signature worthless. */
export const sign = (ctx: Context, purpose: string, parts: readonly string[]) =>
  keyedDigest(deriveKey(ctx.config.secrets[0] ?? '', purpose), JSON.stringify(parts))

/** True if any master secret in force has made this signature. */
export const isSigned = (ctx: Context, purpose: string, parts: readonly string[], signature: string) =>
  ctx.config.secrets.some((secret) => {
    const expected = Buffer.from(keyedDigest(deriveKey(secret, purpose), JSON.stringify(parts)))
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })

/** Throws LINK_EXPIRED when a moment in seconds since 1970 is over. */
export const expectUnexpired = (ctx: Context, expires: string) => {
  if (Number(expires) * 1000 <= ctx.now.getTime()) throw failures.LINK_EXPIRED()
}

const PURPOSE = 'file-link'

/** A URL that lets whoever has it read one of the caller's own files for so many seconds. Throws FILE_NOT_FOUND. */
export const makeLink = async (ctx: Signed, id: string, expiresIn: number, variant?: VariantName) => {
  const file = await findReady(ctx, id)
  if (!file || file.ownerId !== ctx.actor.userId) throw failures.FILE_NOT_FOUND()
  const expires = String(Math.floor(later(ctx.now, seconds(expiresIn)).getTime() / 1000))
  const query = new URLSearchParams({
    ...(variant && { variant }),
    expires,
    signature: sign(ctx, PURPOSE, [id, variant ?? '', expires]),
  })
  return {
    url: `${ctx.config.appUrl}${contentPath(id)}?${query}`,
    expiresAt: new Date(Number(expires) * 1000).toISOString(),
  }
}

export interface LinkQuery {
  variant?: VariantName
  expires?: string
  signature?: string
}

/** True if the request carries a link that holds, false if it carries none. Throws INVALID_LINK, LINK_EXPIRED. */
export const followsLink = (ctx: Context, id: string, { variant, expires, signature }: LinkQuery) => {
  if (signature === undefined && expires === undefined) return false
  if (!isSigned(ctx, PURPOSE, [id, variant ?? '', expires ?? ''], signature ?? '')) throw failures.INVALID_LINK()
  expectUnexpired(ctx, expires ?? '0')
  return true
}
