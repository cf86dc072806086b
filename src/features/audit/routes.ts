import { t } from 'elysia'
import type { App } from '#core'
import { exchangeOf, pageOf, router } from '#http'
import { exportLog, TYPES } from './export'
import { list, verify } from './list'
import * as model from './models'

export const routes = (app: App) =>
  router(app, '/admin')
    .get('/audit-logs', ({ ctx, query }) => list(ctx, query), {
      permission: 'audit:read',
      paged: true,
      summary: 'Who did what, and who was refused',
      query: model.AuditQuery,
      response: { 200: pageOf(model.AuditEntry) },
    })
    .get(
      '/audit-logs/verify',
      ({ ctx, query }) => verify(ctx, query.after === undefined ? undefined : Number(query.after)),
      {
        permission: 'audit:read',
        tier: 'export',
        summary: 'Check that nobody has changed the log',
        query: model.VerifyQuery,
        response: { 200: model.Verification },
      },
    )
    .get(
      '/audit-logs/export',
      async ({ ctx, query, request }) => {
        const { format = 'csv', ...filters } = query
        const file = await exportLog(ctx, format, filters)
        // Whoever takes it slowly still gets all of it.
        exchangeOf(request).peer.keepOpen?.()
        const name = `audit-log-${ctx.now.toISOString().slice(0, 10)}.${format}`
        return new Response(file, {
          headers: { 'content-type': TYPES[format], 'content-disposition': `attachment; filename="${name}"` },
        })
      },
      {
        permission: 'audit:export',
        tier: 'export',
        summary: 'Download the log',
        query: model.ExportQuery,
        produces: 'text/csv, application/x-ndjson',
        response: { 200: t.Any() },
      },
    )
