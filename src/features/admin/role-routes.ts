import { t } from 'elysia'
import type { App } from '#core'
import {
  createRole,
  deleteRole,
  getRole,
  listPermissions,
  listRoles,
  updateRole,
  userFailures,
  viewRole,
} from '#features/users'
import { pageOf, router } from '#http'
import * as model from './role-models'

const { ROLE_NOT_FOUND, ROLE_EXISTS, ROLE_IN_USE, BUILTIN_ROLE, UNKNOWN_PERMISSION, PERMISSION_NOT_HELD } = userFailures

/** Roles, and the permissions they are made of. */
export const roleRoutes = (app: App) =>
  router(app, '/admin')
    .get('/permissions', ({ ctx }) => listPermissions(ctx), {
      permission: 'roles:read',
      summary: 'Every permission there is',
      response: { 200: model.PermissionList },
    })
    .get('/roles', ({ ctx, query }) => listRoles(ctx, query), {
      permission: 'roles:read',
      paged: true,
      summary: 'All roles',
      query: model.RoleQuery,
      response: { 200: pageOf(model.Role) },
    })
    .post('/roles', async ({ ctx, body, status }) => status(201, viewRole(await createRole(ctx, body))), {
      permission: 'roles:manage',
      stepUp: true,
      summary: 'Make a role',
      body: model.NewRole,
      response: { 201: model.Role },
      fails: [ROLE_EXISTS, UNKNOWN_PERMISSION, PERMISSION_NOT_HELD],
    })
    .get('/roles/:name', async ({ ctx, params }) => viewRole(await getRole(ctx.db, params.name)), {
      permission: 'roles:read',
      summary: 'One role',
      params: model.ByName,
      response: { 200: model.Role },
      fails: [ROLE_NOT_FOUND],
    })
    .patch('/roles/:name', async ({ ctx, params, body }) => viewRole(await updateRole(ctx, params.name, body)), {
      permission: 'roles:manage',
      stepUp: true,
      summary: 'Change a role; it holds with the next request of all who have it',
      params: model.ByName,
      body: model.RoleChange,
      response: { 200: model.Role },
      fails: [ROLE_NOT_FOUND, BUILTIN_ROLE, UNKNOWN_PERMISSION, PERMISSION_NOT_HELD, userFailures.NOTHING_TO_CHANGE],
    })
    .delete('/roles/:name', async ({ ctx, params, status }) => status(204, await deleteRole(ctx, params.name)), {
      permission: 'roles:manage',
      stepUp: true,
      summary: 'Delete a role that nobody has',
      params: model.ByName,
      response: { 204: t.Void() },
      fails: [ROLE_NOT_FOUND, BUILTIN_ROLE, PERMISSION_NOT_HELD, ROLE_IN_USE],
    })
