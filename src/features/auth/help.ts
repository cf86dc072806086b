import { and, gt, isNull } from 'drizzle-orm'
import type { Context } from '#core'
import { transaction } from '#db'
import { findSubordinate } from '#features/users'
import { sendReset } from './password'
import { sessions } from './schema'
import { ofPerson, revokeSessions } from './sessions'

// What those do who help people: never a password of their choosing, only the way to a new one.

/** Ends all sessions of somebody else. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED. */
export const logOut = (ctx: Context, userId: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    await findSubordinate(tx, ctx, userId)
    await revokeSessions(tx, ctx, userId, 'logged_out_by_admin')
  })

/** Mails somebody else a link to choose a new password (ASVS 6.4.6). Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED. */
export const mailReset = (ctx: Context, userId: string): Promise<void> =>
  transaction(ctx, async (tx) => sendReset(tx, ctx, await findSubordinate(tx, ctx, userId)))

/** Sessions that are open. */
export const countAllSessions = (ctx: Context): Promise<number> =>
  ctx.db.$count(sessions, and(gt(sessions.expiresAt, ctx.now), isNull(sessions.revokedAt)))

/** On how many devices somebody is signed in. */
export const countSessions = (ctx: Context, userId: string): Promise<number> =>
  ctx.db.$count(sessions, ofPerson(ctx, userId))
