import { type App, seconds } from '#core'
import type { createApi } from '../../src/api'
import { serve } from '../../src/serve'

export interface Listening {
  url: string
  port: number
  stop(): Promise<void>
}

/** Serves the API on a free port of the loopback interface, with the process's own server. */
export const listen = (app: App, api: ReturnType<typeof createApi>): Listening => {
  const server = serve(app, api)
  const port = Number(new URL(server.url).port)
  return { url: `http://127.0.0.1:${port}`, port, stop: () => server.drain(seconds(1)) }
}
