import { eq } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { moreAfter, someOf } from '#db'
import { events } from './events'
import { failures } from './failures'
import { purge } from './inbox'
import { mails } from './mails'
import { isTold, notify } from './notify'
import { pages } from './pages'
import { preferencesOf } from './preferences'
import { pushToAll, pushToOne } from './push'
import { channelRoutes, inboxRoutes } from './routes'
import { notificationPreferences, pushSubscriptions, notifications as table } from './schema'
import { view } from './view'

const routes = (app: App) => new Elysia().use(channelRoutes(app)).use(inboxRoutes(app))

export const notifications = defineFeature({
  name: 'notifications',
  routes,
  pages,
  failures,
  events,
  mails,
  on: [{ events: ['*'], job: notify, wants: isTold }],
  jobs: [notify, pushToAll, pushToOne, purge],
  schedule: [{ name: 'notifications.purge', cron: '37 3 * * *', job: purge }],
  exportUser: async (ctx, userId) => ({
    'notifications.json': (await ctx.db.select().from(table).where(eq(table.userId, userId))).map(view),
    'notification-preferences.json': await preferencesOf(ctx.db, userId),
  }),
  eraseUser: async (tx, _ctx, userId) => {
    if (moreAfter(await tx.delete(table).where(someOf(table, eq(table.userId, userId))))) return 'more'
    await tx.delete(notificationPreferences).where(eq(notificationPreferences.userId, userId))
    await tx.delete(pushSubscriptions).where(eq(pushSubscriptions.userId, userId))
  },
})
