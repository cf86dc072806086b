import { type App, seconds } from '#core'
import type { createApi } from './api'

/** Seconds without a byte after which a connection is closed; streams switch it off for themselves. */
const IDLE_TIMEOUT = 30
/** What multipart adds to a file. */
const UPLOAD_SLACK = 1024 * 1024

type Api = Pick<ReturnType<typeof createApi>, 'fetch'>

/** Listens on the configured port. `drain` lets requests in flight end, for `deadline` milliseconds. */
export const serve = (app: App, api: Api) => {
  const { config } = app
  const server = Bun.serve({
    port: config.port,
    hostname: config.host,
    reusePort: false,
    idleTimeout: IDLE_TIMEOUT,
    maxRequestBodySize: config.upload.maxBytes + UPLOAD_SLACK,
    development: false,
    fetch: (request, server) =>
      api.fetch(request, { address: server.requestIP(request)?.address, keepOpen: () => server.timeout(request, 0) }),
  })
  return {
    url: `http://localhost:${server.port}`,
    drain: async (deadline: number) => {
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, deadline - seconds(1)).unref())
      await Promise.race([server.stop(), timeout])
      await server.stop(true)
    },
  }
}
