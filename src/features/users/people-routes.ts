import { t } from 'elysia'
import { type App, holds, type Signed } from '#core'
import { pageOf, router } from '#http'
import { failures } from './failures'
import { get } from './find'
import { list } from './list'
import { UserDetail, UserSeen } from './models'
import { ById, Found, PeopleQuery, SearchQuery } from './people-models'
import { remove, restore } from './removal'
import { search } from './search'
import { view, viewDetail } from './view'

const SEARCH_LIMIT = 20

/** Other people, for those who look after them. */
export const peopleRoutes = (app: App) =>
  router(app, '/users')
    .get('/', ({ ctx, query }) => list(ctx, query), {
      permission: 'users:read',
      paged: true,
      summary: 'Everybody, a page at a time',
      query: PeopleQuery,
      response: { 200: pageOf(UserDetail) },
      fails: [failures.DELETED_HIDDEN],
    })
    .get(
      '/search',
      async ({ ctx, query }) => {
        const limit = Number(query.limit ?? SEARCH_LIMIT)
        const found = await search(ctx, query.q, limit)
        return { data: found.map((user) => viewDetail(user, ctx.now)), meta: { limit, nextCursor: null } }
      },
      {
        permission: 'users:read',
        tier: 'search',
        summary: 'People by name or address, the closest first',
        query: SearchQuery,
        response: { 200: Found },
      },
    )
    .get('/:id', async ({ ctx, params }) => seen(ctx, params.id), {
      auth: 'user',
      summary: 'One person: oneself, or with users:read anybody',
      params: ById,
      response: { 200: UserSeen },
      fails: [failures.USER_NOT_FOUND],
    })
    .delete('/:id', async ({ ctx, params, status }) => status(204, await remove(ctx, params.id)), {
      permission: 'users:delete',
      summary: 'Delete somebody; they can be restored for 30 days',
      params: ById,
      response: { 204: t.Void() },
      fails: [failures.USER_NOT_FOUND, failures.NOT_YOURSELF, failures.OUTRANKED, failures.LAST_ADMIN],
    })
    .post('/:id/restore', async ({ ctx, params }) => viewDetail(await restore(ctx, params.id), ctx.now), {
      permission: 'users:delete',
      summary: 'Bring back somebody who was deleted',
      params: ById,
      response: { 200: UserDetail },
      fails: [failures.USER_NOT_FOUND, failures.OUTRANKED, failures.EMAIL_TAKEN],
    })

const seen = async (ctx: Signed, id: string) => {
  if (holds(ctx.actor.permissions, 'users:read')) return viewDetail(await get(ctx, id), ctx.now)
  // Who may not look at others does not learn who is there either.
  if (id !== ctx.actor.userId) throw failures.USER_NOT_FOUND()
  return view(await get(ctx, id))
}
