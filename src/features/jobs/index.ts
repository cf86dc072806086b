import { defineFeature } from '#core'
import { events } from './events'
import { failures } from './failures'
import { routes } from './routes'

export const jobs = defineFeature({
  name: 'jobs',
  routes,
  failures,
  events,
  permissions: { 'jobs:read': 'See jobs, queues and schedules', 'jobs:manage': 'Retry, discard, pause and run jobs' },
})
