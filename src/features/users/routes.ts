import type { App } from '#core'
import { router } from '#http'
import { failures } from './failures'
import { ProfileChange, User } from './models'
import { me, updateProfile } from './profile'
import { entityTag, view } from './view'

/** One's own profile; everybody else's is in `people-routes.ts`. */
export const routes = (app: App) =>
  router(app, '/users')
    .get(
      '/me',
      async ({ ctx, set }) => {
        const user = await me(ctx)
        set.headers.etag = entityTag(user)
        return view(user)
      },
      { auth: 'user', summary: 'Who am I', response: { 200: User } },
    )
    .patch(
      '/me',
      async ({ ctx, body, headers, set }) => {
        const user = await updateProfile(ctx, body, headers['if-match'])
        set.headers.etag = entityTag(user)
        return view(user)
      },
      {
        auth: 'user',
        summary: 'Change my profile',
        body: ProfileChange,
        response: { 200: User },
        fails: [failures.STALE_USER, failures.NOTHING_TO_CHANGE],
      },
    )
