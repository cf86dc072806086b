import { Elysia, t } from 'elysia'
import type { App } from '#core'
import { authFailures } from '#features/auth'
import { ById as ByPerson, userFailures } from '#features/users'
import { pageOf, router } from '#http'
import { list, rename, revoke, rotate } from './change'
import { create } from './create'
import { failures } from './failures'
import { listOf, revokeOf } from './help'
import * as model from './models'
import { usage } from './usage'
import { view } from './view'

/** All of them need a session: a key that leaked must not make others, or outlive its own end. */
const ownRoutes = (app: App) =>
  router(app, '/api-keys')
    .get('/', ({ ctx, query }) => list(ctx, query), {
      auth: 'session',
      paged: true,
      summary: 'My API keys',
      query: model.KeyQuery,
      response: { 200: pageOf(model.ApiKey) },
    })
    .post(
      '/',
      async ({ ctx, body, status }) => {
        const { key, secret } = await create(ctx, body)
        return status(201, { ...view(key), secret })
      },
      {
        auth: 'session',
        verified: true,
        summary: 'Make an API key; its secret is shown once',
        body: model.NewKey,
        response: { 201: model.ApiKeyWithSecret },
        fails: [failures.SCOPE_NOT_HELD, failures.TOO_MANY_API_KEYS, authFailures.INVALID_ACCESS_TOKEN],
      },
    )
    .patch('/:id', async ({ ctx, params, body }) => view(await rename(ctx, params.id, body.name)), {
      auth: 'session',
      summary: 'Rename an API key',
      params: model.ById,
      body: model.Rename,
      response: { 200: model.ApiKey },
      fails: [failures.API_KEY_NOT_FOUND],
    })
    .post(
      '/:id/rotate',
      async ({ ctx, params, body, status }) => {
        const { key, secret } = await rotate(ctx, params.id, body.graceSeconds)
        return status(201, { ...view(key), secret })
      },
      {
        auth: 'session',
        summary: 'Give an API key a new secret; the old one works for graceSeconds more',
        params: model.ById,
        body: model.Rotate,
        response: { 201: model.ApiKeyWithSecret },
        fails: [failures.API_KEY_NOT_FOUND, failures.API_KEY_EXPIRED, authFailures.INVALID_ACCESS_TOKEN],
      },
    )
    .delete('/:id', async ({ ctx, params, status }) => status(204, await revoke(ctx, params.id)), {
      auth: 'session',
      summary: 'Revoke an API key',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [failures.API_KEY_NOT_FOUND],
    })
    .get('/:id/usage', async ({ ctx, params }) => ({ data: await usage(ctx, params.id) }), {
      auth: 'session',
      summary: 'Requests by day of an API key, the last 30 days',
      params: model.ById,
      response: { 200: model.Usage },
      fails: [failures.API_KEY_NOT_FOUND],
    })

const adminRoutes = (app: App) =>
  router(app, '/admin/users')
    .get('/:id/api-keys', ({ ctx, params, query }) => listOf(ctx, params.id, query), {
      auth: 'session',
      permission: 'users:manage',
      paged: true,
      summary: 'API keys of somebody; never their secrets',
      params: ByPerson,
      query: model.KeyQuery,
      response: { 200: pageOf(model.ApiKey) },
      fails: [userFailures.USER_NOT_FOUND],
    })
    .delete(
      '/:id/api-keys/:keyId',
      async ({ ctx, params, status }) => status(204, await revokeOf(ctx, params.id, params.keyId)),
      {
        auth: 'session',
        permission: 'users:manage',
        summary: 'Revoke an API key of somebody; what uses it is shut out at once',
        params: model.ByPersonAndKey,
        response: { 204: t.Void() },
        fails: [
          userFailures.USER_NOT_FOUND,
          userFailures.NOT_YOURSELF,
          userFailures.OUTRANKED,
          failures.API_KEY_NOT_FOUND,
        ],
      },
    )

export const routes = (app: App) => new Elysia().use(ownRoutes(app)).use(adminRoutes(app))
