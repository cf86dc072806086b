import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { events } from './events'
import { failures } from './failures'
import { peopleEvents } from './people-events'
import { peopleRoutes } from './people-routes'
import { seedRoles } from './roles'
import { routes } from './routes'
import { ensureSearch, unindexPerson } from './search-index'

export { ADMIN_ROLE, keepAnAdmin } from './admins'
export { findSubordinate } from './authority'
export { ban, unban } from './ban'
export { seedPeople } from './demo'
export * from './events'
export { failures as userFailures } from './failures'
export { canonicalEmail, findByEmail, findById, get, isBanned, permissionsOf } from './find'
export { PersonName, User as UserModel } from './models'
export { namesOf } from './names'
export { knownById } from './people'
export { userRoleChanged } from './people-events'
export { me } from './profile'
export { remove, restore } from './removal'
export { changeRole } from './role-change'
export { createRole, deleteRole, getRole, listPermissions, listRoles, updateRole, viewRole } from './role-editor'
export { DEFAULT_ROLE } from './roles'
export type { Role, User } from './schema'
export { search } from './search'
export { indexPerson, rebuildSearch, unindexPerson } from './search-index'
export { noteSecondFactor } from './second-factor'
export { entityTag, person, type UserView, view, viewDetail } from './view'

export const users = defineFeature({
  name: 'users',
  routes: (app: App) => new Elysia().use(routes(app)).use(peopleRoutes(app)),
  failures,
  events: [...events, ...peopleEvents],
  permissions: { 'users:read': 'See everybody’s account', 'users:delete': 'Delete and restore accounts' },
  eraseUser: (tx, _ctx, userId) => unindexPerson(tx, userId),
  seed: async (ctx) => {
    await seedRoles(ctx)
    await ensureSearch(ctx)
  },
})
