import { eq } from 'drizzle-orm'
import { defineFeature } from '#core'
import { events } from './events'
import { failures } from './failures'
import { mails } from './mails'
import { makeExport } from './make'
import { permissions } from './permissions'
import { eraseUser, purge, removeFiles } from './remove'
import { routes } from './routes'
import { exports as table } from './schema'
import { view } from './view'

export const exports = defineFeature({
  name: 'exports',
  routes,
  failures,
  events,
  mails,
  permissions,
  jobs: [makeExport, removeFiles, purge],
  schedule: [{ name: 'exports.purge', cron: '7 * * * *', job: purge }],
  exportUser: async (ctx, userId) => {
    const rows = await ctx.db.select().from(table).where(eq(table.ownerId, userId))
    return { 'exports.json': rows.map(view) }
  },
  eraseUser,
})
