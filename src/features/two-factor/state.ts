import type { Context } from '#core'
import { getAnybody } from '#features/users'
import { codesLeft } from './backup-codes'
import { enabledFactor, MAX_TRIES } from './try-code'

/** What those who help people have to know of somebody's second factor: never the secret. Throws USER_NOT_FOUND. */
export const stateOf = async (ctx: Context, userId: string) => {
  const { id } = await getAnybody(ctx, userId)
  const factor = await enabledFactor(ctx.db, id)
  if (!factor) return { enabled: false, enabledAt: null, backupCodesLeft: 0, blockedUntil: null }
  const { enabledAt, tries, triesResetAt } = factor
  const blocked = tries >= MAX_TRIES && triesResetAt !== null && triesResetAt > ctx.now
  return {
    enabled: true,
    enabledAt: enabledAt?.toISOString() ?? null,
    backupCodesLeft: await codesLeft(ctx.db, id),
    blockedUntil: blocked ? triesResetAt.toISOString() : null,
  }
}
