import type { Context } from '#core'
import { type User, view } from '#features/users'
import { ACCESS_TOKEN_LIFETIME, signAccessToken } from './access-token'
import type { Session } from './schema'

/** What a client gets when a session opens or goes on. */
export const tokensFor = async (
  ctx: Context,
  { user, session, refreshToken }: { user: User; session: Session; refreshToken: string },
) => ({
  accessToken: await signAccessToken(ctx.config, user.id, session.id, ctx.now),
  refreshToken,
  tokenType: 'Bearer' as const,
  expiresIn: ACCESS_TOKEN_LIFETIME / 1000,
  user: view(user),
})
