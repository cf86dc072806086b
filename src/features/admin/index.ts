import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { limitsOf } from '#http'
import { events } from './events'
import { failures } from './failures'
import { peopleRoutes } from './people-routes'
import { keptLimits } from './rate-limits'
import { roleRoutes } from './role-routes'
import { systemRoutes } from './system-routes'

const routes = (app: App) => new Elysia().use(peopleRoutes(app)).use(roleRoutes(app)).use(systemRoutes(app))

export const admin = defineFeature({
  name: 'admin',
  routes,
  failures,
  events,
  permissions: {
    'users:impersonate': 'Open somebody’s account for an hour to help them',
    'roles:read': 'See roles and permissions',
    'roles:manage': 'Make, change and delete roles',
    'stats:read': 'See how much there is and what happened lately',
    'emails:read': 'See what was mailed to whom',
    'emails:manage': 'Send sample mails',
    'settings:manage': 'See and change rate limits',
    'system:read': 'See the detail of the health report',
  },
  // At each start, in every process: changed limits hold from the first request on.
  seed: (ctx) => limitsOf(ctx).readFrom(() => keptLimits(ctx)),
})
