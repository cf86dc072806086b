/**
 * The load generator, a process of its own: keep-alive sockets that each send the next request when the last answer is
 * whole. `bun bench/load.ts '<LoadJob as JSON>'` prints one LoadResult as JSON.
 */
export interface LoadJob {
  port: number
  path: string
  headers: Record<string, string>
  connections: number
  /** How many requests in all. */
  requests: number
}

export interface LoadResult {
  requests: number
  seconds: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Status → how many; a sound round holds nothing but 200. */
  statuses: Record<string, number>
}

interface Connection {
  /** `performance.now()` when the request in flight was sent. */
  sentAt: number
  /** What has arrived of an answer that is not whole yet. */
  partial: Buffer | undefined
}

const HEAD_END = Buffer.from('\r\n\r\n')

/** How long the answer at the start of `bytes` is, once its head is there. Throws when the head does not say. */
const answerLength = (bytes: Buffer): number | undefined => {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))
  if (!length) throw new Error('The answer has no Content-Length')
  return headEnd + HEAD_END.length + Number(length[1])
}

const percentile = (sorted: Float64Array, share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

const run = (job: LoadJob) =>
  new Promise<LoadResult>((resolve, reject) => {
    const head = Object.entries({ host: `127.0.0.1:${job.port}`, ...job.headers })
    const request = Buffer.from(
      `GET ${job.path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    )
    const latencies = new Float64Array(job.requests)
    const statuses: Record<string, number> = {}
    let sent = 0
    let received = 0
    const startedAt = performance.now()

    const finish = () => {
      const seconds = (performance.now() - startedAt) / 1000
      latencies.sort()
      resolve({
        requests: received,
        seconds,
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        statuses,
      })
    }
    const next = (socket: Bun.Socket<Connection>) => {
      if (sent === job.requests) return
      sent++
      socket.data.sentAt = performance.now()
      if (socket.write(request) !== request.length) reject(new Error('A request did not fit into the socket buffer'))
    }
    const take = (socket: Bun.Socket<Connection>, chunk: Buffer) => {
      const bytes = socket.data.partial ? Buffer.concat([socket.data.partial, chunk]) : chunk
      const length = answerLength(bytes)
      if (length === undefined || bytes.length < length) {
        // The socket reuses its chunk: what is kept has to be a copy.
        socket.data.partial = Buffer.from(bytes)
        return
      }
      socket.data.partial = undefined
      latencies[received++] = performance.now() - socket.data.sentAt
      const status = bytes.toString('latin1', 9, 12)
      statuses[status] = (statuses[status] ?? 0) + 1
      if (received === job.requests) finish()
      else next(socket)
    }

    for (let i = 0; i < Math.min(job.connections, job.requests); i++) {
      Bun.connect<Connection>({
        hostname: '127.0.0.1',
        port: job.port,
        data: { sentAt: 0, partial: undefined },
        socket: {
          open: next,
          data(socket, chunk) {
            try {
              take(socket, chunk)
            } catch (error) {
              reject(error)
            }
          },
          close: () => reject(new Error(`The server closed a connection after ${received} answers`)),
        },
      }).catch(reject)
    }
  })

if (import.meta.main) {
  const result = await run(JSON.parse(process.argv[2] ?? '{}'))
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exit(0)
}
