import { type App, seconds } from '#core'
import type { createApi } from './api'

/** Seconds without a byte after which a connection is closed; streams switch it off for themselves. */
const IDLE_TIMEOUT = 30
/**
 * Bytes of a body that Bun itself refuses, without a word. Far above what any route takes: Bun reads no faster than a
 * handler does, and the edge refuses by a route's own limit, as a problem document.
 */
const LAST_RESORT = 1024 ** 3
/**
 * Milliseconds for which a process that ends still answers, closing each connection with its answer: nobody's next
 * request meets a closed door. A server among others gives the proxy in front the time to ask whether it is ready.
 */
const FAREWELL = 250
const FAREWELL_AMONG_OTHERS = seconds(3)

type Api = Pick<ReturnType<typeof createApi>, 'fetch'>

/** Listens on the configured port. `drain` lets requests in flight end, for `deadline` milliseconds. */
export const serve = (app: App, first: Api, { idleTimeout = IDLE_TIMEOUT } = {}) => {
  const { config } = app
  let api = first
  let held: PromiseWithResolvers<void> | undefined
  let waiting = 0
  let leaving = false
  const last = (response: Response) => {
    response.headers.set('connection', 'close')
    return response
  }
  const server = Bun.serve({
    port: config.port,
    hostname: config.host,
    reusePort: false,
    idleTimeout,
    maxRequestBodySize: Math.max(LAST_RESORT, 2 * config.upload.maxBytes),
    development: false,
    fetch: (request, server) => {
      const peer = { address: server.requestIP(request)?.address, keepOpen: () => server.timeout(request, 0) }
      if (leaving) return api.fetch(request, peer).then(last)
      if (!held) return api.fetch(request, peer)
      waiting += 1
      return held.promise.then(() => api.fetch(request, peer))
    },
  })
  return {
    url: `http://localhost:${server.port}`,
    /** From now on requests wait; resolves when those before have ended, or after `deadline` milliseconds. */
    hold: async (deadline: number) => {
      held = Promise.withResolvers()
      for (const since = performance.now(); performance.now() - since < deadline; await Bun.sleep(5))
        if (server.pendingRequests <= waiting) return
    },
    /** Lets those that wait go on, to another API. */
    release: (next: Api) => {
      api = next
      waiting = 0
      held?.resolve()
      held = undefined
    },
    drain: async (deadline: number) => {
      leaving = true
      const farewell = config.mode === 'server' ? FAREWELL_AMONG_OTHERS : FAREWELL
      await Bun.sleep(farewell)
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, deadline - farewell - seconds(1)).unref())
      await Promise.race([server.stop(), timeout])
      await server.stop(true)
    },
  }
}
