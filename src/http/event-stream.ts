import { exchangeOf } from './exchange'

interface Opened {
  /** Pieces of the text of Server-Sent Events. */
  frames: AsyncGenerator<string>
  close: () => void
}

/** The answer that carries frames, pulled one by one: a reader that stalls holds up its own stream and nothing else. */
export const eventStream = (request: Request, { frames, close }: Opened): Response => {
  exchangeOf(request).peer.keepOpen?.()
  request.signal.addEventListener('abort', close, { once: true })
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await frames.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: close,
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
}
