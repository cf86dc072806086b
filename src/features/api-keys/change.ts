import { and, eq, gt, isNull, or } from 'drizzle-orm'
import { type Context, digest, later, type Page, type Signed, seconds, type Tx } from '#core'
import { journal, type PageRequest, paginate, transaction } from '#db'
import { requireSession } from '#features/auth'
import { sendMail } from '#mail'
import { apiKeyRenamed, apiKeyRevoked, apiKeyRotated } from './events'
import { failures } from './failures'
import { mine, ofPerson } from './find'
import { apiKeyIssuedMail } from './mails'
import { type ApiKey, apiKeys } from './schema'
import { endsOf, newSecret } from './secret'
import { type KeyView, view } from './view'

/** Keys of the caller, or of whom is told, newest first; expired ones too, until they are revoked. */
export const list = (ctx: Signed, request: PageRequest, userId = ctx.actor.userId): Promise<Page<KeyView>> =>
  paginate(ctx, request, {
    from: apiKeys,
    where: ofPerson(userId),
    sort: { createdAt: apiKeys.createdAt, name: apiKeys.name },
    id: apiKeys.id,
    filter: { userId },
    view,
  })

/** Gives one of the caller's keys another name. Throws API_KEY_NOT_FOUND. */
export const rename = (ctx: Signed, id: string, name: string): Promise<ApiKey> =>
  transaction(ctx, async (tx) => {
    const before = await get(tx, ctx, id)
    const [key = before] = await tx.update(apiKeys).set({ name: name.trim() }).where(eq(apiKeys.id, id)).returning()
    await journal.record(tx, ctx, apiKeyRenamed, { ...named(key), before: before.name })
    return key
  })

/**
 * Gives one of the caller's keys a new secret, shown this once. The old one works for `graceSeconds` more; one from a
 * rotation before is dead. Throws API_KEY_NOT_FOUND, API_KEY_EXPIRED.
 */
export const rotate = async (ctx: Signed, id: string, graceSeconds = 0): Promise<{ key: ApiKey; secret: string }> => {
  const secret = newSecret()
  const grace = graceSeconds > 0 ? later(ctx.now, seconds(graceSeconds)) : null
  const key = await transaction(ctx, async (tx) => {
    await requireSession(tx, ctx)
    const before = await get(tx, ctx, id)
    const [rotated] = await tx
      .update(apiKeys)
      .set({ digest: digest(secret), ...endsOf(secret), previousDigest: grace && before.digest, previousUntil: grace })
      .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, ctx.now))))
      .returning()
    if (!rotated) throw failures.API_KEY_EXPIRED()
    await journal.record(tx, ctx, apiKeyRotated, { ...named(rotated), graceSeconds })
    await sendMail(tx, ctx, apiKeyIssuedMail, { userId: rotated.userId, apiKeyId: id })
    return rotated
  })
  return { key, secret }
}

/** Ends one of the caller's keys for good. Throws API_KEY_NOT_FOUND if it is not theirs or has ended already. */
export const revoke = (ctx: Signed, id: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    const [key] = await tx.update(apiKeys).set({ revokedAt: ctx.now }).where(mine(ctx, id)).returning()
    if (!key) throw failures.API_KEY_NOT_FOUND()
    await journal.record(tx, ctx, apiKeyRevoked, { ...named(key), reason: 'revoked' })
  })

/** Ends all keys of a person in the caller's transaction. */
export const revokeAll = async (tx: Tx, ctx: Context, userId: string, reason: string): Promise<void> => {
  const live = and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt))
  const ended = await tx.update(apiKeys).set({ revokedAt: ctx.now }).where(live).returning()
  for (const key of ended) await journal.record(tx, ctx, apiKeyRevoked, { ...named(key), reason })
}

/** One of the caller's live keys. Throws API_KEY_NOT_FOUND: the same for somebody else's. */
export const get = async (db: Pick<Tx, 'select'>, ctx: Signed, id: string): Promise<ApiKey> => {
  const [key] = await db.select().from(apiKeys).where(mine(ctx, id))
  if (!key) throw failures.API_KEY_NOT_FOUND()
  return key
}

const named = ({ userId, id, name }: ApiKey) => ({ userId, apiKeyId: id, name })
