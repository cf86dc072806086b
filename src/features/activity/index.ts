import { defineFeature } from '#core'
import { routes } from './routes'

export const activity = defineFeature({
  name: 'activity',
  routes,
  permissions: { 'activities:read': 'See what happened around anybody' },
})
