import { and, asc, eq, gt } from 'drizzle-orm'
import type { Signed } from '#core'
import { type Frame, frameOf, hub, type Reader } from './hub'
import { notifications } from './schema'
import { view } from './view'

/** Frames that a slow reader may be behind; then it starts again and asks for what it missed. */
const MAX_BEHIND = 100
/** Missed notifications that are read in one go. */
const AT_ONCE = 100

/**
 * The caller's notifications as they come, in the text of Server-Sent Events: first those after `lastEventId`, then live.
 * Ends at once with the session, the key, the account or the process, and when `close` is called; after an hour anyway.
 * Throws TOO_MANY_STREAMS.
 */
export const openStream = (ctx: Signed, lastEventId: string | undefined) => {
  let waiting: Frame[] = []
  let ended = false
  let wake = () => {}
  const reader: Reader = {
    actor: ctx.actor,
    since: performance.now(),
    push: (frame) => {
      waiting.push(frame)
      if (waiting.length > MAX_BEHIND) reader.end()
      wake()
    },
    end: () => {
      // Here, not when the frames end: of a client that is gone nobody asks for a further one.
      leave()
      ended = true
      waiting = []
      wake()
    },
  }
  const leave = hub(ctx).join(reader)

  async function* frames(): AsyncGenerator<string> {
    // Clients that were sent away together come back apart.
    yield `retry: ${Math.round(1000 + Math.random() * 2000)}\n\n`
    let last = lastEventId
    for await (const missed of missedBy(ctx, lastEventId)) {
      if (ended) return
      last = missed.id
      yield missed.text
    }
    while (!ended) {
      const next = waiting.shift()
      // What arrived while the missed ones were read is among them.
      if (next && !(next.id && last && next.id <= last)) yield next.text
      if (!next)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  return { frames: frames(), close: reader.end }
}

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
