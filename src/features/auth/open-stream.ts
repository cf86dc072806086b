import type { Signed } from '#core'
import type { Frame, Reader, Streams } from './streams'

/** Frames that a slow reader may be behind; then it starts again and asks for what it missed. */
const MAX_BEHIND = 100

type Missed = AsyncIterable<Required<Frame>>

async function* nothing(): AsyncGenerator<Required<Frame>> {}

/**
 * A reader of a stream as text of Server-Sent Events: first what it missed, then what it is pushed, until it ends or
 * `close` is called. Throws TOO_MANY_STREAMS.
 */
export const openStream = (ctx: Signed, streams: Streams, missed: Missed = nothing()) => {
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
  const leave = streams.join(reader)

  async function* frames(): AsyncGenerator<string> {
    // Clients that were sent away together come back apart.
    yield `retry: ${Math.round(1000 + Math.random() * 2000)}\n\n`
    let last: string | undefined
    for await (const frame of missed) {
      if (ended) return
      last = frame.id
      yield frame.text
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
