import type { App } from '#core'
import { userFailures } from '#features/users'
import { pageOf, router } from '#http'
import { mine, ofPerson } from './feed'
import * as model from './models'

export const routes = (app: App) =>
  router(app, '/activities')
    .get('/', ({ ctx, query }) => mine(ctx, query), {
      auth: 'user',
      paged: true,
      summary: 'What happened around me',
      query: model.ActivityQuery,
      response: { 200: pageOf(model.Activity) },
    })
    .get('/:userId', ({ ctx, params, query }) => ofPerson(ctx, params.userId, query), {
      auth: 'user',
      paged: true,
      summary: 'What happened around somebody: myself, or anybody with the permission `activities:read`',
      params: model.OfPerson,
      query: model.ActivityQuery,
      response: { 200: pageOf(model.Activity) },
      fails: [userFailures.USER_NOT_FOUND],
    })
