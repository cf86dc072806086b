import { digest, newId, type Signed } from '#core'
import { journal, transaction } from '#db'
import { requireSession } from '#features/auth'
import { sendMail } from '#mail'
import { canonicalRange, rangeOf } from './addresses'
import { apiKeyCreated } from './events'
import { failures } from './failures'
import { mine } from './find'
import { apiKeyIssuedMail } from './mails'
import { type ApiKey, apiKeys } from './schema'
import { isHeld, isKnown } from './scopes'
import { endsOf, newSecret } from './secret'

/** Live keys per person. */
export const MAX_KEYS = 50

export interface NewKey {
  name: string
  scopes: string[]
  expiresAt?: string
  /** `window` in seconds. */
  rateLimit?: { limit: number; window: number }
  allowedIps?: string[]
}

/**
 * Makes a key for the caller. Returns it with its secret, which is shown this once and kept as a digest only.
 * Throws SCOPE_NOT_HELD, TOO_MANY_API_KEYS, and VALIDATION_FAILED for what a schema cannot tell.
 */
export const create = async (ctx: Signed, input: NewKey): Promise<{ key: ApiKey; secret: string }> => {
  const scopes = scopesOf(ctx, input.scopes)
  const secret = newSecret()
  const key: ApiKey = {
    id: newId(),
    userId: ctx.actor.userId,
    name: input.name.trim(),
    digest: digest(secret),
    ...endsOf(secret),
    previousDigest: null,
    previousUntil: null,
    scopes,
    rateLimit: limitOf(ctx, input.rateLimit),
    allowedIps: rangesOf(input.allowedIps),
    createdAt: ctx.now,
    expiresAt: expiryOf(ctx, input.expiresAt),
    lastUsedAt: null,
    revokedAt: null,
  }
  await transaction(ctx, async (tx) => {
    await requireSession(tx, ctx)
    if ((await tx.$count(apiKeys, mine(ctx))) >= MAX_KEYS) throw failures.TOO_MANY_API_KEYS()
    await tx.insert(apiKeys).values(key)
    const { userId, id: apiKeyId, name } = key
    await journal.record(tx, ctx, apiKeyCreated, { userId, apiKeyId, name, scopes })
    await sendMail(tx, ctx, apiKeyIssuedMail, { userId, apiKeyId })
  })
  return { key, secret }
}

const scopesOf = (ctx: Signed, scopes: string[]): string[] => {
  if (!scopes.every((scope) => isHeld(ctx.actor.permissions, scope))) throw failures.SCOPE_NOT_HELD()
  const unknown = scopes.findIndex((scope) => !isKnown(ctx, scope))
  if (unknown >= 0) throw refused(`/scopes/${unknown}`, 'has to be a permission that there is')
  return [...new Set(scopes)]
}

const expiryOf = (ctx: Signed, text: string | undefined): Date | null => {
  if (!text) return null
  const date = new Date(text)
  if (!(date > ctx.now)) throw refused('/expiresAt', 'has to lie in the future')
  return date
}

/** A key may be slower than the general limit. Faster is for those who may hand that out. */
const limitOf = (ctx: Signed, own: NewKey['rateLimit']) => {
  if (!own) return null
  const { general } = ctx.config.rateLimit
  const faster = own.limit * general.window > general.limit * own.window
  if (faster && !isHeld(ctx.actor.permissions, 'api-keys:manage'))
    throw refused('/rateLimit', `has to be at most ${general.limit} requests in ${general.window} seconds`)
  return { limit: own.limit, window: own.window }
}

const rangesOf = (texts: string[] | undefined): string[] | null => {
  if (!texts) return null
  return texts.map((text, index) => {
    const range = rangeOf(text)
    if (!range) throw refused(`/allowedIps/${index}`, 'has to be an IP address or a CIDR range')
    return canonicalRange(range)
  })
}

const refused = (path: string, message: string) => failures.VALIDATION_FAILED({ errors: [{ path, message }] })
