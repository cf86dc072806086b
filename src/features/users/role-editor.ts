import { eq, sql } from 'drizzle-orm'
import type { Context, Page, Tx } from '#core'
import { isUnique, journal, type PageRequest, paginate, prepared, type Reader, transaction } from '#db'
import { ADMIN_ROLE } from './admins'
import { requireHeld } from './authority'
import { failures } from './failures'
import { roleCreated, roleDeleted, roleUpdated } from './people-events'
import { type Role, roles, users } from './schema'

export interface NewRole {
  name: string
  description?: string
  permissions: string[]
}

const byName = prepared((db) =>
  db
    .select()
    .from(roles)
    .where(eq(roles.name, sql.placeholder('name')))
    .prepare(),
)

/** The role of this name, if there is one. */
export const findRole = async (db: Pick<Reader, 'statement'>, name: string): Promise<Role | undefined> =>
  await byName(db).get({ name })

/** The role of this name. Throws ROLE_NOT_FOUND. */
export const getRole = async (db: Pick<Reader, 'statement'>, name: string): Promise<Role> => {
  const role = await findRole(db, name)
  if (!role) throw failures.ROLE_NOT_FOUND()
  return role
}

/** All roles, by default newest first. */
export const listRoles = (ctx: Context, query: PageRequest): Promise<Page<RoleView>> =>
  paginate(ctx, query, {
    from: roles,
    sort: { createdAt: roles.createdAt, name: roles.name },
    id: roles.name,
    view: viewRole,
  })

/** Makes a role of permissions that the caller holds. Throws UNKNOWN_PERMISSION, PERMISSION_NOT_HELD, ROLE_EXISTS. */
export const createRole = async (ctx: Context, input: NewRole): Promise<Role> => {
  const permissions = checked(ctx, input.permissions)
  requireHeld(ctx, permissions)
  try {
    return await transaction(ctx, async (tx) => {
      const description = input.description?.trim() ?? ''
      const [role] = await tx
        .insert(roles)
        .values({ name: input.name, description, permissions, createdAt: ctx.now, updatedAt: ctx.now })
        .returning()
      if (!role) throw new Error('A role was not stored')
      await journal.record(tx, ctx, roleCreated, { role: role.name, after: powers(role) })
      return role
    })
  } catch (error) {
    throw isUnique(error, 'roles.name') ? failures.ROLE_EXISTS() : error
  }
}

/**
 * Changes what a role is for, or what it allows; that holds with the next request of everybody who has it. The caller
 * has to hold all that it allowed and will allow. Nobody changes the admin role.
 * Throws ROLE_NOT_FOUND, BUILTIN_ROLE, UNKNOWN_PERMISSION, PERMISSION_NOT_HELD, NOTHING_TO_CHANGE.
 */
export const updateRole = (
  ctx: Context,
  name: string,
  change: { description?: string; permissions?: string[] },
): Promise<Role> => {
  const { description, permissions } = change
  if (description === undefined && permissions === undefined) throw failures.NOTHING_TO_CHANGE()
  const next = permissions && checked(ctx, permissions)
  return transaction(ctx, async (tx) => {
    const before = await getRole(tx, name)
    if (name === ADMIN_ROLE) throw failures.BUILTIN_ROLE()
    requireHeld(ctx, [...before.permissions, ...(next ?? [])])
    const [after] = await tx
      .update(roles)
      .set({
        ...(description === undefined ? {} : { description: description.trim() }),
        ...(next === undefined ? {} : { permissions: next }),
        updatedAt: ctx.now,
      })
      .where(eq(roles.name, name))
      .returning()
    if (!after) throw failures.ROLE_NOT_FOUND()
    await journal.record(tx, ctx, roleUpdated, { role: name, before: powers(before), after: powers(after) })
    return after
  })
}

/** Deletes a role that nobody has. Throws ROLE_NOT_FOUND, BUILTIN_ROLE, PERMISSION_NOT_HELD, ROLE_IN_USE. */
export const deleteRole = (ctx: Context, name: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    const role = await getRole(tx, name)
    if (role.builtin) throw failures.BUILTIN_ROLE()
    requireHeld(ctx, role.permissions)
    if (await isUsed(tx, name)) throw failures.ROLE_IN_USE()
    await tx.delete(roles).where(eq(roles.name, name))
    await journal.record(tx, ctx, roleDeleted, { role: name, before: powers(role) })
  })

// People who were deleted count: they may come back.
const isUsed = async (tx: Tx, name: string) => {
  const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.role, name)).limit(1)
  return user !== undefined
}

/** Every permission there is, with what it allows, by name. */
export const listPermissions = ({ features }: Context): { name: string; description: string }[] =>
  features
    .flatMap((feature) => Object.entries(feature.permissions ?? {}))
    // Once each: features that share a permission each name it.
    .filter(([name], i, all) => all.findIndex(([other]) => other === name) === i)
    .map(([name, description]) => ({ name, description }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

/** The permissions once each. One that no feature knows would look like a right and be none. */
const checked = (ctx: Context, permissions: readonly string[]): string[] => {
  const known = new Set(listPermissions(ctx).map(({ name }) => name))
  const wildcards = new Set(['*', ...[...known].map((name) => `${name.split(':')[0]}:*`)])
  const errors = permissions.flatMap((permission, i) =>
    known.has(permission) || wildcards.has(permission)
      ? []
      : [{ path: `/permissions/${i}`, message: 'has to be a permission; see GET /admin/permissions' }],
  )
  if (errors.length > 0) throw failures.UNKNOWN_PERMISSION({ errors })
  return [...new Set(permissions)]
}

const powers = ({ description, permissions }: Role) => ({ description, permissions })

export const viewRole = (role: Role) => ({
  name: role.name,
  description: role.description,
  permissions: role.permissions,
  builtin: role.builtin,
  createdAt: role.createdAt.toISOString(),
  updatedAt: role.updatedAt.toISOString(),
})

export type RoleView = ReturnType<typeof viewRole>
