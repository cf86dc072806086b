import type { Context } from '#core'
import { bookkeeping } from '#db'
import { roles } from './schema'

const BUILTIN = [
  { name: 'user', description: 'Everybody who signs up', permissions: [] },
  {
    name: 'support',
    description: 'Looks, does not touch',
    permissions: ['users:read', 'activities:read', 'audit:read'],
  },
  { name: 'admin', description: 'May do everything', permissions: ['*'] },
]

/** The role of somebody who has just signed up. */
export const DEFAULT_ROLE = 'user'

/** Puts the built-in roles in place; leaves alone what an admin has changed since. */
export const seedRoles = async (ctx: Context) => {
  const present = await ctx.db.select({ name: roles.name }).from(roles)
  const missing = BUILTIN.filter((role) => !present.some((one) => one.name === role.name))
  if (missing.length === 0) return
  await bookkeeping(ctx, (tx) =>
    tx
      .insert(roles)
      .values(missing.map((role) => ({ ...role, builtin: true, createdAt: ctx.now, updatedAt: ctx.now })))
      .onConflictDoNothing(),
  )
}
