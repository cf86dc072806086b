import { and, eq, isNull } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { journal, transaction } from '#db'
import { ADMIN_ROLE, canonicalEmail, findByEmail, type User, userFailures } from '#features/users'
import { users } from '../users/schema'
import { firstAdminInvited } from './events'
import { failures } from './failures'
import { consumeToken, issueToken, peekToken, revealToken } from './one-time-token'
import { refuseWeak } from './password-policy'
import { addUser, type NewAccount } from './register'
import { oneTimeTokens } from './schema'

const hasAdmin = async (db: Pick<Tx, 'select'>) => {
  const [admin] = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, ADMIN_ROLE), isNull(users.deletedAt)))
    .limit(1)
  return admin !== undefined
}

/** The link that makes the first admin: single use, 30 minutes. Nothing once there is an admin. The one before dies. */
export const firstAdminLink = async (ctx: Context): Promise<string | undefined> => {
  if (await hasAdmin(ctx.db)) return undefined
  const token = await transaction(ctx, async (tx) => {
    await tx.delete(oneTimeTokens).where(eq(oneTimeTokens.purpose, 'admin_setup'))
    const issued = await issueToken(tx, ctx, 'admin_setup', {})
    await journal.record(tx, ctx, firstAdminInvited, { tokenId: issued.id })
    return issued
  })
  const revealed = await revealToken(ctx, token.id)
  return revealed && `${ctx.config.appUrl}/admin/setup?token=${revealed.secret}`
}

/** Looks at the link's token without using it. Throws SETUP_CLOSED once there is an admin, INVALID_TOKEN. */
export const peekSetup = async (ctx: Context, token: string): Promise<void> => {
  if (await hasAdmin(ctx.db)) throw failures.SETUP_CLOSED()
  await peekToken(ctx, 'admin_setup', token)
}

/** Makes the first admin, verified. Throws SETUP_CLOSED once there is one, INVALID_TOKEN, EMAIL_TAKEN, WEAK_PASSWORD. */
export const makeFirstAdmin = async (ctx: Context, input: NewAccount & { token: string }): Promise<User> => {
  await peekSetup(ctx, input.token)
  const email = canonicalEmail(input.email)
  await refuseWeak(ctx, input.password, { email, name: input.name })
  const hash = await ctx.passwords.hash(input.password)
  return await transaction(ctx, async (tx) => {
    await consumeToken(tx, ctx, 'admin_setup', input.token)
    if (await hasAdmin(tx)) throw failures.SETUP_CLOSED()
    if (await findByEmail(tx, email)) throw userFailures.EMAIL_TAKEN()
    return await addUser(tx, ctx, { email, name: input.name }, hash, { role: ADMIN_ROLE, emailVerifiedAt: ctx.now })
  })
}
