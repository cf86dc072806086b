import { t } from 'elysia'
import type { App, Context } from '#core'
import {
  authFailures,
  countSessions,
  endSessionOf,
  impersonate,
  logOut,
  mailReset,
  SessionModel,
  SessionQuery,
  sessionsOf,
} from '#features/auth'
import {
  ById,
  ban,
  changeRole,
  getAnybody,
  list,
  PeopleQuery,
  permissionsOf,
  type User,
  UserDetailModel,
  unban,
  userFailures,
  view,
  viewDetail,
} from '#features/users'
import { pageOf, router } from '#http'
import * as model from './people-models'

const { USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, LAST_ADMIN } = userFailures

/** What admins do about people. What a permission opens, nobody uses on those who may do more. */
export const peopleRoutes = (app: App) =>
  router(app, '/admin/users')
    .get('/', ({ ctx, query }) => list(ctx, query), {
      permission: 'users:read',
      paged: true,
      summary: 'Everybody, a page at a time',
      query: PeopleQuery,
      response: { 200: pageOf(UserDetailModel) },
      fails: [userFailures.DELETED_HIDDEN],
    })
    .get('/:id', async ({ ctx, params }) => whole(ctx, await getAnybody(ctx, params.id)), {
      permission: 'users:read',
      summary: 'All about one person, deleted or not',
      params: ById,
      response: { 200: model.Person },
      fails: [USER_NOT_FOUND],
    })
    .patch(
      '/:id/role',
      async ({ ctx, params, body }) => viewDetail(await changeRole(ctx, params.id, body.role), ctx.now),
      {
        permission: 'users:manage',
        stepUp: true,
        summary: 'Give somebody another role; it holds with their next request',
        params: ById,
        body: model.RoleChange,
        response: { 200: UserDetailModel },
        fails: [USER_NOT_FOUND, userFailures.UNKNOWN_ROLE, userFailures.PERMISSION_NOT_HELD, LAST_ADMIN],
      },
    )
    .post(
      '/:id/ban',
      async ({ ctx, params, body: { reason, until } }) =>
        viewDetail(await ban(ctx, params.id, { reason, ...(until && { until: new Date(until) }) }), ctx.now),
      {
        permission: 'users:manage',
        summary: 'Shut somebody out, for a time or until it is lifted; their sessions end at once',
        params: ById,
        body: model.Ban,
        response: { 200: UserDetailModel },
        fails: [USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, LAST_ADMIN],
      },
    )
    .post('/:id/unban', async ({ ctx, params }) => viewDetail(await unban(ctx, params.id), ctx.now), {
      permission: 'users:manage',
      summary: 'Lift a ban',
      params: ById,
      response: { 200: UserDetailModel },
      fails: [USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED],
    })
    .post('/:id/logout-all', async ({ ctx, params, status }) => status(204, await logOut(ctx, params.id)), {
      permission: 'users:manage',
      summary: 'End all sessions of somebody',
      params: ById,
      response: { 204: t.Void() },
      fails: [USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED],
    })
    .get('/:id/sessions', ({ ctx, params, query }) => sessionsOf(ctx, params.id, query), {
      permission: 'users:manage',
      paged: true,
      summary: 'Where somebody is signed in',
      params: ById,
      query: SessionQuery,
      response: { 200: pageOf(SessionModel) },
      fails: [USER_NOT_FOUND],
    })
    .delete(
      '/:id/sessions/:sessionId',
      async ({ ctx, params, status }) => status(204, await endSessionOf(ctx, params.id, params.sessionId)),
      {
        permission: 'users:manage',
        summary: 'End one session of somebody',
        params: model.BySession,
        response: { 204: t.Void() },
        fails: [USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, authFailures.SESSION_NOT_FOUND],
      },
    )
    .post(
      '/:id/send-password-reset',
      async ({ ctx, params, status }) =>
        status(202, await mailReset(ctx, params.id).then(() => ({ message: 'The link is on its way.' }))),
      {
        permission: 'users:manage',
        tier: 'mail',
        summary: 'Mail somebody a link to choose a new password',
        params: ById,
        response: { 202: model.Accepted },
        fails: [USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED],
      },
    )
    .post(
      '/:id/impersonate',
      async ({ ctx, params, body }) => {
        const { user, ...token } = await impersonate(ctx, params.id, body.reason)
        return { ...token, tokenType: 'Bearer' as const, user: view(user) }
      },
      {
        auth: 'session',
        permission: 'users:impersonate',
        stepUp: true,
        summary: 'Open somebody’s account for an hour to help them',
        params: ById,
        body: model.Impersonation,
        response: { 200: model.Impersonated },
        fails: [USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, authFailures.CANNOT_IMPERSONATE],
      },
    )

const whole = async (ctx: Context, user: User) => ({
  ...viewDetail(user, ctx.now),
  locale: user.locale,
  timezone: user.timezone,
  permissions: [...(await permissionsOf(ctx.db, user.role))],
  emailVerifiedAt: time(user.emailVerifiedAt),
  twoFactorEnabledAt: time(user.twoFactorEnabledAt),
  bannedAt: time(user.bannedAt),
  deletionScheduledAt: time(user.deletionScheduledAt),
  deletedBy: user.deletedBy,
  sessions: await countSessions(ctx, user.id),
})

const time = (date: Date | null) => date?.toISOString() ?? null
