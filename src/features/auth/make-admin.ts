import { eq, sql } from 'drizzle-orm'
import type { Context } from '#core'
import { journal, transaction } from '#db'
import {
  ADMIN_ROLE,
  canonicalEmail,
  findByEmail,
  person,
  type User,
  userRoleChanged,
  userVerified,
} from '#features/users'
import { users } from '../users/schema'
import { setPassword } from './password'
import { refuseWeak } from './password-policy'
import { addUser } from './register'
import { revokeSessions } from './sessions'

/**
 * Makes somebody an admin from the command line, verified: a new person, or the one who has the address already. With a
 * password theirs is replaced and their sessions end; a new person needs one. Throws WEAK_PASSWORD.
 */
export const makeAdmin = async (
  ctx: Context,
  input: { email: string; name: string; password?: string },
): Promise<{ user: User; added: boolean }> => {
  const email = canonicalEmail(input.email)
  if (input.password !== undefined) await refuseWeak(ctx, input.password, { email, name: input.name })
  const hash = input.password === undefined ? undefined : await ctx.passwords.hash(input.password)
  return await transaction(ctx, async (tx) => {
    const known = await findByEmail(tx, email)
    if (!known) {
      if (!hash) throw new Error('A new admin needs a password')
      return {
        user: await addUser(tx, ctx, { email, name: input.name }, hash, { role: ADMIN_ROLE, emailVerifiedAt: ctx.now }),
        added: true,
      }
    }
    const [user] = await tx
      .update(users)
      .set({
        role: ADMIN_ROLE,
        emailVerifiedAt: known.emailVerifiedAt ?? ctx.now,
        updatedAt: ctx.now,
        version: sql`${users.version} + 1`,
      })
      .where(eq(users.id, known.id))
      .returning()
    if (!user) throw new Error('A person vanished')
    await journal.record(tx, ctx, userRoleChanged, {
      ...person(user),
      before: { role: known.role },
      after: { role: ADMIN_ROLE },
    })
    if (!known.emailVerifiedAt) await journal.record(tx, ctx, userVerified, person(user))
    if (hash) {
      await setPassword(tx, ctx, user, hash)
      await revokeSessions(tx, ctx, user.id, 'password_changed')
    }
    return { user, added: false }
  })
}
