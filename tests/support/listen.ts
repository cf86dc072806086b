import type { Peer } from '../../src/http/exchange'

export interface Listening {
  url: string
  port: number
  stop(): Promise<void>
}

/** Serves the API on a port of the loopback interface, as the process does. */
export const listen = (fetch: (request: Request, peer?: Peer) => Promise<Response>): Listening => {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, server) =>
      fetch(request, { address: server.requestIP(request)?.address, keepOpen: () => server.timeout(request, 0) }),
  })
  const port = server.port ?? 0
  return { url: `http://127.0.0.1:${port}`, port, stop: () => server.stop(true) }
}
