interface Upstream {
  url: string
  ready: boolean
}

export interface Balancer {
  url: string
  /** How many requests each one got. */
  counts(): number[]
  stop(): Promise<void>
}

/** Milliseconds between two looks at each server. */
const INTERVAL = 100

/**
 * Hands requests to servers in turn, to those that say they are ready. Tries none twice: what a server does not answer
 * is a 502, so that a test sees it.
 */
export const startBalancer = async (urls: readonly string[]): Promise<Balancer> => {
  const upstreams: Upstream[] = urls.map((url) => ({ url, ready: false }))
  const got = new Map<Upstream, number>(upstreams.map((one) => [one, 0]))
  const look = async (one: Upstream) => {
    const reply = await fetch(`${one.url}/health/ready`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    one.ready = reply?.status === 200
    await reply?.arrayBuffer()
  }
  await Promise.all(upstreams.map(look))
  const looking = setInterval(() => void upstreams.map(look), INTERVAL)
  let turn = 0
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const ready = upstreams.filter((one) => one.ready)
      const chosen = ready[turn++ % Math.max(1, ready.length)]
      if (!chosen) return new Response('no server is ready', { status: 503 })
      got.set(chosen, (got.get(chosen) ?? 0) + 1)
      const { pathname, search } = new URL(request.url)
      const headers = new Headers(request.headers)
      headers.set('x-forwarded-for', '203.0.113.9')
      const body = request.body ? await request.arrayBuffer() : undefined
      try {
        const reply = await fetch(chosen.url + pathname + search, {
          method: request.method,
          headers,
          body,
          decompress: false,
        })
        return new Response(await reply.arrayBuffer(), { status: reply.status, headers: reply.headers })
      } catch (problem) {
        return new Response(String(problem), { status: 502 })
      }
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    counts: () => [...got.values()],
    stop: async () => {
      clearInterval(looking)
      await server.stop(true)
    },
  }
}
