import { t } from 'elysia'
import type { App } from '#core'
import { exchangeOf, pageOf, router } from '#http'
import { download, EXPORT_USERS } from './download'
import { failures } from './failures'
import * as model from './models'
import { remove } from './remove'
import { get, list, requestMine, requestUsers } from './request'
import { view } from './view'

const { EXPORT_NOT_FOUND, EXPORT_NOT_READY, EXPORT_EXPIRED, IMPERSONATION_FORBIDDEN, STORAGE_UNAVAILABLE } = failures
const placeOf = (id: string) => `/api/v1/export/${id}`

export const routes = (app: App) =>
  router(app, '/export')
    .post(
      '/users',
      async ({ ctx, body, set, status }) => {
        const row = await requestUsers(ctx, body)
        set.headers.location = placeOf(row.id)
        return status(202, view(row))
      },
      {
        permission: EXPORT_USERS,
        verified: true,
        tier: 'export',
        summary: 'Have everybody who meets a filter written into a file',
        body: model.NewUsersExport,
        response: { 202: model.Export },
        fails: [failures.DELETED_HIDDEN, IMPERSONATION_FORBIDDEN],
      },
    )
    .post(
      '/me',
      async ({ ctx, body, set, status }) => {
        const row = await requestMine(ctx, body?.email)
        set.headers.location = placeOf(row.id)
        return status(202, view(row))
      },
      {
        auth: 'session',
        verified: true,
        tier: 'export',
        summary: 'Have everything that is held about me put into a zip',
        body: t.Optional(model.NewOwnExport),
        response: { 202: model.Export },
      },
    )
    .get('/', ({ ctx, query }) => list(ctx, query), {
      auth: 'user',
      paged: true,
      summary: 'My exports',
      query: model.ExportQuery,
      response: { 200: pageOf(model.Export) },
      fails: [IMPERSONATION_FORBIDDEN],
    })
    .get('/:exportId', async ({ ctx, params }) => view(await get(ctx, params.exportId)), {
      auth: 'user',
      summary: 'How far an export is',
      params: model.ById,
      response: { 200: model.Export },
      fails: [EXPORT_NOT_FOUND, IMPERSONATION_FORBIDDEN],
    })
    .delete('/:exportId', async ({ ctx, params, status }) => status(204, await remove(ctx, params.exportId)), {
      auth: 'user',
      summary: 'Cancel an export, or delete it with its file',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [EXPORT_NOT_FOUND, IMPERSONATION_FORBIDDEN],
    })
    .get(
      '/:exportId/download',
      async ({ ctx, params, query, request }) => {
        const { body, size, type, name } = await download(ctx, params.exportId, query.token)
        exchangeOf(request).peer.keepOpen?.()
        return new Response(body, {
          headers: {
            'content-type': type,
            'content-length': String(size),
            'content-disposition': `attachment; filename="${name}"`,
            'cache-control': 'private, no-store',
          },
        })
      },
      {
        public: true,
        tier: 'export',
        summary: 'Download an export: mine, or by the link in the mail',
        params: model.ById,
        query: model.DownloadQuery,
        produces: 'application/octet-stream',
        response: { 200: t.Any() },
        fails: [
          failures.UNAUTHENTICATED,
          failures.FORBIDDEN,
          failures.SESSION_REQUIRED,
          IMPERSONATION_FORBIDDEN,
          EXPORT_NOT_FOUND,
          EXPORT_NOT_READY,
          EXPORT_EXPIRED,
          STORAGE_UNAVAILABLE,
        ],
      },
    )
