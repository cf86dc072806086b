import { defineFeature } from '#core'
import { checkChain, health } from './check'
import { events } from './events'
import { permissions } from './permissions'
import { onRefused } from './refusals'
import { applyRetention } from './retention'
import { routes } from './routes'

export const audit = defineFeature({
  name: 'audit',
  routes,
  events,
  jobs: [applyRetention, checkChain],
  schedule: [
    { name: 'audit.retention', cron: '37 3 * * *', job: applyRetention },
    { name: 'audit.check', cron: '47 4 * * *', job: checkChain },
  ],
  permissions,
  health,
  onRefused,
})
