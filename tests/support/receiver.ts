import { createServer, type Socket } from 'node:net'

/** A request as a receiver of webhooks saw it. */
export interface Received {
  path: string
  headers: Record<string, string>
  /** As it came, for signatures. */
  raw: string
  /** Milliseconds since 1970 when it had arrived whole. */
  at: number
}

export interface Receiver {
  url: string
  port: number
  received: Received[]
  /** Resolves once so many requests have arrived. */
  has(count: number): Promise<void>
  stop(): Promise<void>
}

type Answer = (request: Received, count: number) => Response | Promise<Response>

/** A real HTTP server on the loopback interface that notes what it gets. Answers 204 unless told otherwise. */
export const receiver = (answer: Answer = () => new Response(null, { status: 204 })): Receiver => {
  const received: Received[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 120,
    fetch: async (request) => {
      const url = new URL(request.url)
      const raw = await request.text()
      const one = { path: url.pathname + url.search, headers: Object.fromEntries(request.headers), raw, at: Date.now() }
      received.push(one)
      for (const { count, resolve } of waiting) if (received.length >= count) resolve()
      return answer(one, received.length)
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port ?? 0,
    received,
    has: (count) =>
      received.length >= count ? Promise.resolve() : new Promise((resolve) => void waiting.push({ count, resolve })),
    stop: () => server.stop(true),
  }
}

/** A TCP server that is anything but a good HTTP server: `behave` gets each connection once a request has begun. */
export const misbehaving = async (behave: (socket: Socket) => void) => {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.once('data', () => behave(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    /** Connections that are still there. */
    open,
    stop: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}
