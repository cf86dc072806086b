import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { deprecatedUseOf, limitsOf } from '#http'
import { forgetDeprecatedUse, keepDeprecatedUse, purgeDeprecatedUse } from './deprecations'
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
  jobs: [purgeDeprecatedUse],
  schedule: [{ name: 'admin.purge', cron: '43 3 * * *', job: purgeDeprecatedUse }],
  eraseUser: forgetDeprecatedUse,
  // At each start, in every process: changed limits hold from the first request on.
  seed: async (ctx) => {
    deprecatedUseOf(ctx).writeTo((uses) => keepDeprecatedUse(ctx, uses))
    await limitsOf(ctx).readFrom(() => keptLimits(ctx))
  },
})
