import { t } from 'elysia'
import type { App, Context } from '#core'
import { me, UserModel, userFailures, view } from '#features/users'
import { exchangeOf, httpFailures, pageOf, refuseCrossSite, requireSameSite, router } from '#http'
import { cancelDeletion, scheduleDeletion } from './account-deletion'
import { expiredCookies, refreshCookie, sessionCookies } from './cookies'
import { failures } from './failures'
import * as model from './models'
import { refresh } from './refresh'
import { listSessions, logoutAll, revokeSession } from './sessions'
import { type SignedIn, signIn } from './sign-in'
import { signOut } from './sign-out'
import { tokensFor } from './tokens'

interface Reply {
  request: Request
  set: { headers: Record<string, unknown> }
}

/** Tokens in the body, or in cookies where the caller is a browser that asked for them. */
export const handOver = async (
  ctx: Context,
  opened: SignedIn,
  transport: 'cookie' | undefined,
  { set }: Pick<Reply, 'set'>,
) => {
  const tokens = await tokensFor(ctx, opened)
  if (transport !== 'cookie') return tokens
  set.headers['set-cookie'] = sessionCookies(ctx.config, tokens)
  const { accessToken: _, refreshToken: __, ...rest } = tokens
  return rest
}

/** Signing out is open to all because a refresh cookie is enough; without one it takes a session, as elsewhere. */
const requireCaller = (ctx: Context, request: Request) => {
  if (ctx.actor.type === 'anonymous') throw exchangeOf(request).refusal ?? httpFailures.UNAUTHENTICATED()
  if (ctx.actor.type === 'api-key') throw httpFailures.SESSION_REQUIRED()
}

/** Sessions: where they begin, go on and end. */
export const sessionRoutes = (app: App) =>
  router(app, '/auth')
    .post(
      '/login',
      async ({ ctx, body, query, request, set, status }) => {
        if (query.transport === 'cookie') refuseCrossSite(app.config, request)
        const outcome = await signIn(ctx, body)
        if ('challenge' in outcome) return status(202, outcome.challenge)
        return status(200, await handOver(ctx, outcome, query.transport, { set }))
      },
      {
        public: true,
        tier: 'login',
        summary: 'Sign in',
        body: model.Login,
        query: model.Transport,
        response: { 200: model.Tokens, 202: model.Challenge },
        fails: [failures.INVALID_CREDENTIALS, failures.RATE_LIMITED, httpFailures.CROSS_SITE_REQUEST],
      },
    )
    .post(
      '/refresh-token',
      async ({ ctx, body, query, request, set }) => {
        const cookie = body.refreshToken === undefined ? refreshCookie(app.config, request) : undefined
        if (cookie) requireSameSite(app.config, request)
        else if (query.transport === 'cookie') refuseCrossSite(app.config, request)
        const presented = body.refreshToken ?? cookie
        if (!presented) throw failures.INVALID_REFRESH_TOKEN()
        return await handOver(ctx, await refresh(ctx, presented), cookie ? 'cookie' : query.transport, { set })
      },
      {
        public: true,
        tier: 'refresh',
        summary: 'Trade a refresh token for new tokens',
        body: model.Refresh,
        query: model.Transport,
        response: { 200: model.Tokens },
        fails: [failures.INVALID_REFRESH_TOKEN, failures.REFRESH_TOKEN_REUSED, httpFailures.CROSS_SITE_REQUEST],
      },
    )
    .post(
      '/logout',
      async ({ ctx, request, set, status }) => {
        refuseCrossSite(app.config, request)
        set.headers['set-cookie'] = expiredCookies(app.config)
        const cookie = ctx.actor.type === 'anonymous' ? refreshCookie(app.config, request) : undefined
        if (cookie) requireSameSite(app.config, request)
        else requireCaller(ctx, request)
        await signOut(ctx, cookie)
        return status(204, undefined)
      },
      {
        public: true,
        summary: 'End this session at once',
        response: { 204: t.Void() },
        fails: [
          httpFailures.UNAUTHENTICATED,
          failures.INVALID_ACCESS_TOKEN,
          failures.INVALID_REFRESH_TOKEN,
          httpFailures.CROSS_SITE_REQUEST,
          httpFailures.SESSION_REQUIRED,
        ],
      },
    )
    .post(
      '/logout-all',
      async ({ ctx, body, status }) => status(204, void (await logoutAll(ctx, body.keepCurrent ?? false))),
      {
        auth: 'session',
        summary: 'End all my sessions',
        body: model.LogoutAll,
        response: { 204: t.Void() },
      },
    )
    .get('/sessions', ({ ctx, query }) => listSessions(ctx, query), {
      auth: 'session',
      paged: true,
      summary: 'Where I am signed in',
      query: model.SessionQuery,
      response: { 200: pageOf(model.Session) },
    })
    .delete('/sessions/:id', async ({ ctx, params, status }) => status(204, await revokeSession(ctx, params.id)), {
      auth: 'session',
      summary: 'End one of my sessions',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [failures.SESSION_NOT_FOUND],
    })
    .get('/me', async ({ ctx }) => view(await me(ctx)), {
      auth: 'user',
      summary: 'Who am I',
      response: { 200: UserModel },
    })

/** The end of an account, and the way back while there is one. */
export const deletionRoutes = (app: App) =>
  router(app, '/users')
    .delete(
      '/me',
      async ({ ctx, body, status }) =>
        status(202, { deletionScheduledAt: (await scheduleDeletion(ctx, body.password, body.code)).toISOString() }),
      {
        auth: 'session',
        tier: 'password',
        summary: 'Delete my account after a grace period',
        body: model.StepUp,
        response: { 202: model.DeletionScheduled },
        fails: [failures.INVALID_CREDENTIALS, failures.RATE_LIMITED, userFailures.LAST_ADMIN],
      },
    )
    .post('/me/restore', async ({ ctx }) => view(await cancelDeletion(ctx)), {
      auth: 'session',
      summary: 'Keep my account after all',
      response: { 200: UserModel },
      fails: [failures.DELETION_NOT_SCHEDULED],
    })
