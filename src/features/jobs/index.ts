import { defineFeature } from '#core'
import { events } from './events'
import { failures } from './failures'
import { permissions } from './permissions'
import { routes } from './routes'

export const jobs = defineFeature({
  name: 'jobs',
  routes,
  failures,
  events,
  permissions,
})
