import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { events } from './events'
import { failures } from './failures'
import { fanOut, isWanted } from './fan-out'
import { lane, slowLane } from './lane'
import { mails } from './mails'
import { permissions } from './permissions'
import { countLost, sealAnew } from './reseal'
import { deliveryRoutes, endpointRoutes } from './routes'
import { eraseUser, exportUser, purge, sweep } from './upkeep'

const routes = (app: App) => new Elysia().use(endpointRoutes(app)).use(deliveryRoutes(app))

export const webhooks = defineFeature({
  name: 'webhooks',
  routes,
  failures,
  events,
  mails,
  permissions,
  on: [{ events: ['*'], job: fanOut, wants: isWanted }],
  jobs: [lane, slowLane, purge, sweep],
  schedule: [
    { name: 'webhooks.purge', cron: '47 3 * * *', job: purge },
    { name: 'webhooks.sweep', cron: '*/10 * * * *', job: sweep },
  ],
  health: async (app) => {
    const unreadable = await countLost(app)
    return { status: unreadable > 0 ? 'warn' : 'pass', detail: { unreadable } }
  },
  exportUser,
  eraseUser,
  // Whatever an older SECRET_KEY has locked is locked anew, so that it can be taken away.
  seed: sealAnew,
})
