import type { Context, Page, Signed } from '#core'
import { journal, type PageRequest, transaction } from '#db'
import { findSubordinate, getAnybody } from '#features/users'
import { list } from './change'
import { apiKeyRevoked } from './events'
import { failures } from './failures'
import { ofPerson } from './find'
import { apiKeys } from './schema'
import type { KeyView } from './view'

/** Keys of somebody else that have not been revoked. Throws USER_NOT_FOUND. */
export const listOf = async (ctx: Signed, userId: string, request: PageRequest): Promise<Page<KeyView>> =>
  list(ctx, request, (await getAnybody(ctx, userId)).id)

/** Ends a key of somebody else for good. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, API_KEY_NOT_FOUND. */
export const revokeOf = (ctx: Context, userId: string, id: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    await findSubordinate(tx, ctx, userId)
    const [key] = await tx.update(apiKeys).set({ revokedAt: ctx.now }).where(ofPerson(userId, id)).returning()
    if (!key) throw failures.API_KEY_NOT_FOUND()
    await journal.record(tx, ctx, apiKeyRevoked, { userId, apiKeyId: id, name: key.name, reason: 'revoked by admin' })
  })
