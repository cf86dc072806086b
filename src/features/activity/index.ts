import { defineFeature } from '#core'
import { historyOf } from './feed'
import { routes } from './routes'

export const activity = defineFeature({
  name: 'activity',
  routes,
  permissions: { 'activities:read': 'See what happened around anybody' },
  exportUser: async (ctx, userId) => ({ 'activities.json': await historyOf(ctx, userId) }),
})
