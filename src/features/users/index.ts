import { Elysia } from 'elysia'
import { type App, defineFeature } from '#core'
import { events } from './events'
import { exportUser } from './export'
import { failures } from './failures'
import { peopleEvents } from './people-events'
import { peopleRoutes } from './people-routes'
import { permissions } from './permissions'
import { forget } from './removal'
import { seedRoles } from './roles'
import { routes } from './routes'
import { ensureSearch } from './search-index'
import { totals } from './totals'

export { ADMIN_ROLE, keepAnAdmin } from './admins'
export { findSubordinate } from './authority'
export { dropAvatar } from './avatar'
export { ban, unban } from './ban'
export { seedPeople } from './demo'
export * from './events'
export { failures as userFailures } from './failures'
export { canonicalEmail, findByEmail, findById, get, isBanned, permissionsOf } from './find'
export { getAnybody, list, type PeopleFilter, peopleQuery } from './list'
export { PersonName, User as UserModel, UserDetail as UserDetailModel } from './models'
export { namesOf } from './names'
export { knownById } from './people'
export * from './people-events'
export { ById, PeopleQuery } from './people-models'
export { me } from './profile'
export { remove, restore } from './removal'
export { type ErasureReport, residueOf } from './residue'
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
  permissions,
  totals,
  exportUser,
  eraseUser: forget,
  seed: async (ctx) => {
    await seedRoles(ctx)
    await ensureSearch(ctx)
  },
})
