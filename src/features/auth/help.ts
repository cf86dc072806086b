import { and, gt, isNull } from 'drizzle-orm'
import type { Context, Signed } from '#core'
import { type PageRequest, transaction } from '#db'
import { findSubordinate, getAnybody } from '#features/users'
import { failures } from './failures'
import { sendReset } from './password'
import { sessions } from './schema'
import { listSessions, ofPerson, revokeSessions } from './sessions'

// What those do who help people: never a password of their choosing, only the way to a new one.

/** Ends all sessions of somebody else. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED. */
export const logOut = (ctx: Context, userId: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    await findSubordinate(tx, ctx, userId)
    await revokeSessions(tx, ctx, userId, 'logged_out_by_admin')
  })

/** Where somebody is signed in. Throws USER_NOT_FOUND, VALIDATION_FAILED for a cursor of another list. */
export const sessionsOf = async (ctx: Signed, userId: string, query: PageRequest) =>
  await listSessions(ctx, query, (await getAnybody(ctx, userId)).id)

/** Ends one session of somebody else. Throws USER_NOT_FOUND, NOT_YOURSELF, OUTRANKED, SESSION_NOT_FOUND. */
export const endSessionOf = (ctx: Context, userId: string, sessionId: string): Promise<void> =>
  transaction(ctx, async (tx) => {
    await findSubordinate(tx, ctx, userId)
    const ended = await revokeSessions(tx, ctx, userId, 'ended_by_admin', { only: sessionId })
    if (ended.length === 0) throw failures.SESSION_NOT_FOUND()
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
