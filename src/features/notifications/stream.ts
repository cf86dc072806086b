import { and, asc, eq, gt } from 'drizzle-orm'
import type { Signed } from '#core'
import { type Frame, openStream } from '#features/auth'
import { frameOf, hub } from './hub'
import { notifications } from './schema'
import { view } from './view'

/** Missed notifications that are read in one go. */
const AT_ONCE = 100

/**
 * The caller's notifications as they come, in the text of Server-Sent Events: first those after `lastEventId`, then live.
 * Throws TOO_MANY_STREAMS.
 */
export const stream = (ctx: Signed, lastEventId: string | undefined) =>
  openStream(ctx, hub(ctx), missedBy(ctx, lastEventId))

/** Ids are made in the order of time, so an id is a place in it. */
async function* missedBy(ctx: Signed, lastEventId: string | undefined): AsyncGenerator<Required<Frame>> {
  let after = lastEventId
  while (after) {
    const missed = await ctx.db
      .select()
      .from(notifications)
      .where(
        and(eq(notifications.userId, ctx.actor.userId), eq(notifications.inApp, true), gt(notifications.id, after)),
      )
      .orderBy(asc(notifications.id))
      .limit(AT_ONCE)
    for (const notification of missed) yield frameOf(view(notification))
    after = missed.length === AT_ONCE ? missed.at(-1)?.id : undefined
  }
}
