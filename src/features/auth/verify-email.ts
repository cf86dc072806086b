import { eq, sql } from 'drizzle-orm'
import type { Context, Tx } from '#core'
import { journal, transaction } from '#db'
import { canonicalEmail, findByEmail, findById, person, type User, userVerified } from '#features/users'
import { sendMail } from '#mail'
import { users } from '../users/schema'
import { verificationRequested } from './events'
import { failures } from './failures'
import { endMailPause, mayMail } from './mail-budget'
import { welcomeMail } from './mails'
import { consumeToken } from './one-time-token'
import { sendVerification } from './register'
import { answerLevelly } from './timing'

/** Verifies the address that a mailed token was made for. Throws INVALID_TOKEN. */
export const verifyEmail = (ctx: Context, secret: string): Promise<User> =>
  transaction(ctx, async (tx) => {
    const token = await consumeToken(tx, ctx, 'verify_email', secret)
    const user = token.userId ? await findById(tx, token.userId) : undefined
    if (!user || user.email !== token.email) throw failures.INVALID_TOKEN()
    const verified = await markVerified(tx, ctx, user)
    await endMailPause(tx, 'verify-email', user.email)
    await sendMail(tx, ctx, welcomeMail, { userId: user.id })
    return verified
  })

/** Notes in the caller's transaction that a person has proved their address. */
export const markVerified = async (tx: Tx, ctx: Context, user: User): Promise<User> => {
  const [verified] = await tx
    .update(users)
    .set({ emailVerifiedAt: ctx.now, updatedAt: ctx.now, version: sql`${users.version} + 1` })
    .where(eq(users.id, user.id))
    .returning()
  if (!verified) throw failures.INVALID_TOKEN()
  await journal.record(tx, ctx, userVerified, person(verified))
  return verified
}

/** Mails a new link if the address belongs to somebody who needs one. Never says whether it does, nor takes longer. */
export const resendVerification = (ctx: Context, email: string): Promise<void> =>
  answerLevelly(async () => {
    const address = canonicalEmail(email)
    await transaction(ctx, async (tx) => {
      const user = await findByEmail(tx, address)
      if (!user || user.emailVerifiedAt || !(await mayMail(tx, ctx, 'verify-email', address))) return
      await journal.record(tx, ctx, verificationRequested, { userId: user.id })
      await sendVerification(tx, ctx, user)
    })
  })
