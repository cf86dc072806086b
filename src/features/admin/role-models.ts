import { t } from 'elysia'
import { pageQuery } from '#http'

const time = () => t.String({ format: 'date-time' })

const Description = t.String({ maxLength: 200, examples: ['Answers tickets'] })
const Permissions = t.Array(t.String({ minLength: 1, maxLength: 64 }), {
  maxItems: 200,
  examples: [['users:read']],
  error: 'has to be a list of permissions',
})

export const Role = t.Object({
  name: t.String({ examples: ['helpdesk'] }),
  description: t.String(),
  permissions: t.Array(t.String()),
  builtin: t.Boolean(),
  createdAt: time(),
  updatedAt: time(),
})

export const NewRole = t.Object({
  name: t.String({
    pattern: '^[a-z][a-z0-9-]{0,39}$',
    error: 'has to be 1 to 40 small letters, digits and hyphens, beginning with a letter',
    examples: ['helpdesk'],
  }),
  description: t.Optional(Description),
  permissions: Permissions,
})

export const RoleChange = t.Object({ description: t.Optional(Description), permissions: t.Optional(Permissions) })

export const ByName = t.Object({ name: t.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }) })

export const RoleQuery = pageQuery(['createdAt', 'name'], {})

export const PermissionList = t.Array(
  t.Object({ name: t.String({ examples: ['users:read'] }), description: t.String() }),
)
