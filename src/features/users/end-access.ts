import type { Context, Tx } from '#core'

/** Ends in the caller's transaction what lets somebody in: each feature knows its own, such as sessions. */
export const endAccess = async (tx: Tx, ctx: Context, userId: string, reason: 'banned' | 'deleted'): Promise<void> => {
  for (const feature of ctx.features) await feature.endAccess?.(tx, ctx, userId, reason)
}
