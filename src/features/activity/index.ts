import { defineFeature } from '#core'
import { historyOf } from './feed'
import { permissions } from './permissions'
import { routes } from './routes'

export const activity = defineFeature({
  name: 'activity',
  routes,
  permissions,
  exportUser: async (ctx, userId) => ({ 'activities.json': await historyOf(ctx, userId) }),
})
