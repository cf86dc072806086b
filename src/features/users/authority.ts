import { type Actor, type Context, holds, type Tx } from '#core'
import { failures } from './failures'
import { findById, permissionsOf } from './find'
import type { User } from './schema'

/** True if the actor may do all of this. What the system does by itself needs nobody's leave. */
const covers = (actor: Actor, permissions: readonly string[]): boolean => {
  switch (actor.type) {
    case 'system':
      return true
    case 'anonymous':
      return permissions.length === 0
    default:
      return permissions.every((permission) => holds(actor.permissions, permission))
  }
}

/** Nobody hands out, or takes away, what they may not do themselves. Throws PERMISSION_NOT_HELD. */
export const requireHeld = ({ actor }: Context, permissions: readonly string[]): void => {
  if (!covers(actor, permissions)) throw failures.PERMISSION_NOT_HELD()
}

/**
 * Somebody else whom the actor may decide about, read in the caller's transaction: nobody who may do more than they.
 * Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED.
 */
export const findSubordinate = async (tx: Tx, ctx: Context, userId: string): Promise<User> => {
  const user = await findById(tx, userId)
  if (!user) throw failures.USER_NOT_FOUND()
  await requireSubordinate(tx, ctx, user)
  return user
}

/** The same for somebody who has been read already, deleted or not. Throws NOT_YOURSELF, OUTRANKED. */
export const requireSubordinate = async (tx: Tx, ctx: Context, user: User): Promise<void> => {
  const { actor } = ctx
  if ('userId' in actor && actor.userId === user.id) throw failures.NOT_YOURSELF()
  if (!covers(actor, await permissionsOf(tx, user.role))) throw failures.OUTRANKED()
}
