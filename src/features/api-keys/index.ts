import { eq, isNull } from 'drizzle-orm'
import { defineFeature } from '#core'
import { authenticate } from './authenticate'
import { revokeAll } from './change'
import { events } from './events'
import { failures } from './failures'
import { mails } from './mails'
import { permissions } from './permissions'
import { purgeApiKeys } from './purge'
import { routes } from './routes'
import { apiKeys as table } from './schema'
import { view } from './view'

export const apiKeys = defineFeature({
  name: 'api-keys',
  routes,
  failures,
  events,
  mails,
  jobs: [purgeApiKeys],
  schedule: [{ name: 'api-keys.purge', cron: '47 3 * * *', job: purgeApiKeys }],
  authenticate,
  permissions,
  totals: async ({ db }) => ({ apiKeys: await db.$count(table, isNull(table.revokedAt)) }),
  // A ban pauses keys by itself, and they go on when it ends; a deletion ends them, whoever restores the account.
  endAccess: async (tx, ctx, userId, reason) => {
    if (reason === 'deleted') await revokeAll(tx, ctx, userId, 'owner deleted')
  },
  dropCredentials: (tx, ctx, userId) => revokeAll(tx, ctx, userId, 'made before the address was verified'),
  exportUser: async (ctx, userId) => {
    const keys = await ctx.db.select().from(table).where(eq(table.userId, userId))
    return { 'api-keys.json': keys.map(view) }
  },
  eraseUser: async (tx, _ctx, userId) => {
    await tx.delete(table).where(eq(table.userId, userId))
  },
})
