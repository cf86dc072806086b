import { type Context, holds } from '#core'
import { findById, isBanned, permissionsOf } from '#features/users'
import type { Webhook } from './schema'

/** Lets its holder have everybody's events, and look after endpoints that get them. */
export const MANAGE = 'webhooks:manage'

/** True while the owner of an endpoint is somebody who may have what it is sent. */
export const ownerMay = async (
  ctx: Context,
  { userId, scope }: Pick<Webhook, 'userId' | 'scope'>,
): Promise<boolean> => {
  const owner = await findById(ctx.db, userId)
  if (!owner?.emailVerifiedAt || isBanned(owner, ctx.clock.now())) return false
  return scope === 'own' || holds(new Set(await permissionsOf(ctx.db, owner.role)), MANAGE)
}
