import { t } from 'elysia'
import type { App } from '#core'
import { exchangeOf, pageOf, router } from '#http'
import { download } from './download'
import { failures } from './failures'
import { list, viewOf } from './find'
import { begin } from './make'
import * as model from './models'
import { remove } from './remove'
import { restore } from './restore'
import { verify } from './verify'

const MANAGE = 'backups:manage'
const { BACKUP_NOT_FOUND, BACKUP_NOT_READY, BACKUP_IN_PROGRESS, BACKUP_NOT_SUPPORTED, BACKUP_GONE } = failures
const STORE = [failures.STORAGE_UNAVAILABLE, failures.STORAGE_FULL]

export const routes = (app: App) =>
  router(app, '/admin')
    .post('/backup', async ({ ctx, status }) => status(202, viewOf(ctx)(await begin(ctx))), {
      permission: MANAGE,
      tier: 'backup',
      summary: 'Make a backup',
      response: { 202: model.Backup },
      fails: [BACKUP_IN_PROGRESS, BACKUP_NOT_SUPPORTED],
    })
    .get('/backups', ({ ctx, query }) => list(ctx, query), {
      permission: MANAGE,
      paged: true,
      summary: 'The backups there are',
      query: model.BackupQuery,
      response: { 200: pageOf(model.Backup) },
    })
    .get(
      '/backups/:id/download',
      async ({ ctx, params, request }) => {
        const { body, size, name } = await download(ctx, params.id)
        exchangeOf(request).peer.keepOpen?.()
        return new Response(body, {
          headers: {
            'content-type': 'application/octet-stream',
            'content-length': String(size),
            'content-disposition': `attachment; filename="${name}"`,
          },
        })
      },
      {
        permission: MANAGE,
        stepUp: true,
        tier: 'backup',
        summary: 'Download a backup',
        params: model.ById,
        produces: 'application/octet-stream',
        response: { 200: t.Any() },
        fails: [BACKUP_NOT_FOUND, BACKUP_NOT_READY, BACKUP_GONE, ...STORE],
      },
    )
    .delete('/backups/:id', async ({ ctx, params, status }) => status(204, await remove(ctx, params.id)), {
      permission: MANAGE,
      stepUp: true,
      summary: 'Delete a backup',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [BACKUP_NOT_FOUND, BACKUP_IN_PROGRESS, ...STORE],
    })
    .post(
      '/backups/:id/verify',
      async ({ ctx, params, request }) => {
        exchangeOf(request).peer.keepOpen?.()
        return viewOf(ctx)(await verify(ctx, params.id))
      },
      {
        permission: MANAGE,
        tier: 'backup',
        summary: 'Open a backup and see whether it is whole',
        params: model.ById,
        response: { 200: model.Backup },
        fails: [BACKUP_NOT_FOUND, BACKUP_NOT_READY, BACKUP_NOT_SUPPORTED, ...STORE],
      },
    )
    .post(
      '/restore',
      async ({ ctx, body, request, status }) => {
        exchangeOf(request).peer.keepOpen?.()
        return status(202, await restore(ctx, body.backupId, body.dryRun ?? false))
      },
      {
        permission: MANAGE,
        stepUp: true,
        tier: 'backup',
        summary: 'Put a backup in the place of the database; requests wait meanwhile',
        body: model.RestoreOrder,
        response: { 202: model.Restore },
        fails: [
          BACKUP_NOT_FOUND,
          BACKUP_NOT_READY,
          BACKUP_IN_PROGRESS,
          BACKUP_NOT_SUPPORTED,
          BACKUP_GONE,
          failures.BACKUP_INVALID,
          ...STORE,
        ],
      },
    )
