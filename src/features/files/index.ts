import { and, count, eq, isNotNull } from 'drizzle-orm'
import { defineFeature } from '#core'
import { events } from './events'
import { failures } from './failures'
import { hasVariants } from './keys'
import { permissions } from './permissions'
import { usedSpace } from './quota'
import { removeAll, removeFiles } from './remove'
import { routes } from './routes'
import { files as table } from './schema'
import { sweep } from './sweep'
import { makeVariants } from './variants'
import { view } from './view'

export const files = defineFeature({
  name: 'files',
  routes,
  failures,
  events,
  jobs: [makeVariants, removeFiles, sweep],
  schedule: [{ name: 'files.sweep', cron: '41 * * * *', job: sweep }],
  permissions,
  totals: usedSpace,
  mayBeAvatar: async (tx, _ctx, userId, fileId) => {
    const [file] = await tx
      .select()
      .from(table)
      .where(and(eq(table.id, fileId), eq(table.ownerId, userId), eq(table.status, 'ready')))
    return file !== undefined && hasVariants(file)
  },
  health: async (app) => {
    const [found] = await app.db.select({ missing: count() }).from(table).where(isNotNull(table.missingSince))
    const missing = found?.missing ?? 0
    return { status: missing > 0 ? 'warn' : 'pass', detail: { missing } }
  },
  exportUser: async (ctx, userId) => {
    const rows = await ctx.db
      .select()
      .from(table)
      .where(and(eq(table.ownerId, userId), eq(table.status, 'ready')))
    return { 'files.json': rows.map(view) }
  },
  eraseUser: (tx, ctx, userId) => removeAll(tx, ctx, userId),
})
