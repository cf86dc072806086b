import { defineFeature } from '#core'
import { events } from './events'
import { failures } from './failures'
import { seedRoles } from './roles'
import { routes } from './routes'

export { ADMIN_ROLE, keepAnAdmin } from './admins'
export * from './events'
export { failures as userFailures } from './failures'
export { canonicalEmail, findByEmail, findById, get, isBanned, permissionsOf } from './find'
export { PersonName, User as UserModel } from './models'
export { namesOf } from './names'
export { knownById } from './people'
export { me } from './profile'
export { DEFAULT_ROLE } from './roles'
export type { Role, User } from './schema'
export { noteSecondFactor } from './second-factor'
export { entityTag, person, type UserView, view } from './view'

export const users = defineFeature({
  name: 'users',
  routes,
  failures,
  events,
  permissions: { 'users:read': 'See everybody’s account', 'users:delete': 'Delete and restore accounts' },
  seed: seedRoles,
})
