import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { limitsOf } from '#http'
import { events } from './events'
import { failures } from './failures'
import { peopleRoutes } from './people-routes'
import { permissions } from './permissions'
import { keptLimits } from './rate-limits'
import { roleRoutes } from './role-routes'
import { systemRoutes } from './system-routes'

const routes = (app: App) => new Elysia().use(peopleRoutes(app)).use(roleRoutes(app)).use(systemRoutes(app))

export const admin = defineFeature({
  name: 'admin',
  routes,
  failures,
  events,
  permissions,
  // At each start, in every process: changed limits hold from the first request on.
  seed: (ctx) => limitsOf(ctx).readFrom(() => keptLimits(ctx)),
})
