import { Elysia, t } from 'elysia'
import type { App } from '#core'
import { authFailures, handOver, TokensModel, TransportModel } from '#features/auth'
import { userFailures } from '#features/users'
import { httpFailures, refuseCrossSite, router } from '#http'
import { answer } from './challenge'
import { disable, newBackupCodes, resetTwoFactor } from './change'
import { begin, verify } from './enrol'
import { failures } from './failures'
import * as model from './models'
import { stateOf } from './state'

const proofFails = [
  authFailures.INVALID_CREDENTIALS,
  authFailures.INVALID_ACCESS_TOKEN,
  failures.INVALID_CODE,
  failures.RATE_LIMITED,
  failures.TWO_FACTOR_NOT_ENABLED,
]

const ownRoutes = (app: App) =>
  router(app, '/auth/2fa')
    .post(
      '/challenge',
      async ({ ctx, body, query, request, set }) => {
        if (query.transport === 'cookie') refuseCrossSite(app.config, request)
        return await handOver(ctx, await answer(ctx, body), query.transport, { set })
      },
      {
        public: true,
        tier: '2fa',
        summary: 'Complete a sign-in with a code of the authenticator app or a backup code',
        body: model.Answer,
        query: TransportModel,
        response: { 200: TokensModel },
        fails: [
          failures.INVALID_CODE,
          failures.INVALID_MFA_TOKEN,
          failures.RATE_LIMITED,
          authFailures.INVALID_CREDENTIALS,
          httpFailures.CROSS_SITE_REQUEST,
        ],
      },
    )
    .post('/enable', ({ ctx, body }) => begin(ctx, body.password), {
      auth: 'session',
      tier: 'password',
      summary: 'Begin to set up a second factor; it guards nothing until it is verified',
      body: model.Enable,
      response: { 200: model.Enrolment },
      fails: [
        authFailures.INVALID_CREDENTIALS,
        authFailures.INVALID_ACCESS_TOKEN,
        authFailures.RATE_LIMITED,
        failures.TWO_FACTOR_ALREADY_ENABLED,
      ],
    })
    .post('/verify', async ({ ctx, body }) => ({ backupCodes: await verify(ctx, body.code) }), {
      auth: 'session',
      tier: '2fa',
      summary: 'Turn the second factor on with its first code; my other sessions end',
      body: model.Verify,
      response: { 200: model.BackupCodes },
      fails: [
        authFailures.INVALID_ACCESS_TOKEN,
        failures.INVALID_CODE,
        failures.TWO_FACTOR_ALREADY_ENABLED,
        failures.TWO_FACTOR_NOT_BEGUN,
      ],
    })
    .post('/disable', async ({ ctx, body, status }) => status(204, await disable(ctx, body)), {
      auth: 'session',
      tier: '2fa',
      summary: 'Turn the second factor off; my other sessions end',
      body: model.Proof,
      response: { 204: t.Void() },
      fails: proofFails,
    })
    .post('/backup-codes', async ({ ctx, body }) => ({ backupCodes: await newBackupCodes(ctx, body) }), {
      auth: 'session',
      tier: '2fa',
      summary: 'Make new backup codes; the old ones are dead',
      body: model.Proof,
      response: { 200: model.BackupCodes },
      fails: proofFails,
    })

const adminRoutes = (app: App) =>
  router(app, '/admin')
    .get('/users/:id/2fa', ({ ctx, params }) => stateOf(ctx, params.id), {
      permission: 'users:manage',
      summary: 'Whether a second factor guards somebody, and how many backup codes they have left',
      params: model.ById,
      response: { 200: model.State },
      fails: [userFailures.USER_NOT_FOUND],
    })
    .delete('/users/:id/2fa', async ({ ctx, params, status }) => status(204, await resetTwoFactor(ctx, params.id)), {
      auth: 'session',
      permission: 'users:manage',
      tier: '2fa',
      summary: 'Take away the second factor of somebody who has lost it; their sessions end',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [
        userFailures.USER_NOT_FOUND,
        userFailures.NOT_YOURSELF,
        userFailures.OUTRANKED,
        failures.TWO_FACTOR_NOT_ENABLED,
      ],
    })

export const routes = (app: App) => new Elysia().use(ownRoutes(app)).use(adminRoutes(app))
