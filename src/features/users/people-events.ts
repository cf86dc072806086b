import { defineEvent, t } from '#core'

const person = { userId: t.String({ format: 'uuid' }), name: t.String(), email: t.String() }
const time = () => t.Union([t.String(), t.Null()])

const subject = ({ userId, name }: { userId: string; name: string }) => ({ type: 'user', id: userId, label: name })
const about = ({ userId }: { userId: string }) => userId

const Role = t.Object({ role: t.String() })
const Ban = t.Object({ reason: t.Union([t.String(), t.Null()]), since: time(), until: time() })
const Deletion = t.Object({ deletedAt: time() })

export const peopleSeeded = defineEvent('users.seeded', {
  payload: t.Object({ count: t.Integer() }),
  subject: () => ({ type: 'users', id: 'demo' }),
  summary: 'added made-up people',
})
export const userRoleChanged = defineEvent('user.role_changed', {
  payload: t.Object({ ...person, before: Role, after: Role }),
  subject,
  about,
  summary: 'changed the role',
  notify: { category: 'account', title: ({ after }) => `Your role is now ${after.role}` },
  public: true,
})
export const userBanned = defineEvent('user.banned', {
  payload: t.Object({ ...person, before: Ban, after: Ban }),
  subject,
  about,
  summary: 'banned the account',
  public: true,
})
export const userUnbanned = defineEvent('user.unbanned', {
  payload: t.Object({ ...person, before: Ban, after: Ban }),
  subject,
  about,
  summary: 'lifted the ban',
  public: true,
})
export const userRestored = defineEvent('user.restored', {
  payload: t.Object({ ...person, before: Deletion, after: Deletion }),
  subject,
  about,
  summary: 'brought the account back',
  public: true,
})

const Powers = t.Object({ description: t.String(), permissions: t.Array(t.String()) })
const role = ({ role }: { role: string }) => ({ type: 'role', id: role, label: role })

export const roleCreated = defineEvent('role.created', {
  payload: t.Object({ role: t.String(), after: Powers }),
  subject: role,
  summary: 'made a role',
})
export const roleUpdated = defineEvent('role.updated', {
  payload: t.Object({ role: t.String(), before: Powers, after: Powers }),
  subject: role,
  summary: 'changed a role',
})
export const roleDeleted = defineEvent('role.deleted', {
  payload: t.Object({ role: t.String(), before: Powers }),
  subject: role,
  summary: 'deleted a role',
})

export const peopleEvents = [
  peopleSeeded,
  userRoleChanged,
  userBanned,
  userUnbanned,
  userRestored,
  roleCreated,
  roleUpdated,
  roleDeleted,
]
