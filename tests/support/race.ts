import { connect, type Socket } from 'node:net'
import { type Client, encoded, type Reply, replyOf } from './client'

/** One runner: who sends what. */
export interface Runner {
  as?: Client
  method?: string
  /** Relative to `/api/v1`, or a whole path that begins with `/api/`. */
  path: string
  /** Sent as JSON, or as it is when it is a string. */
  body?: unknown
  headers?: Record<string, string>
}

/**
 * Sends `n` requests over as many keep-alive sockets: each but for its last byte first, then all last bytes together.
 * Replies come in the order of the runners.
 */
export const race = async (port: number, n: number, runner: (i: number) => Runner): Promise<Reply[]> => {
  const heats = await Promise.all(Array.from({ length: n }, async (_, i) => prepare(port, runner(i))))
  // Everybody is at the line when the server has read what was written.
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  for (const heat of heats) heat.socket.write(heat.last)
  return Promise.all(heats.map((heat) => heat.reply.finally(() => heat.socket.destroy())))
}

const prepare = async (port: number, { as, method = 'POST', path, body, headers = {} }: Runner) => {
  const target = path.startsWith('/api/') ? path : `/api/v1${path}`
  const coded = encoded(body, { ...(await as?.credentials()), ...headers })
  const content = typeof coded.body === 'string' ? Buffer.from(coded.body) : Buffer.alloc(0)
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    connection: 'keep-alive',
    'content-length': String(content.length),
    ...coded.headers,
  })
  const head = `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  const whole = new Uint8Array(Buffer.concat([Buffer.from(head), content]))
  const socket = await open(port)
  const reply = receive(socket, `${method} ${target}`, body)
  await new Promise((resolve) => socket.write(whole.subarray(0, -1), resolve))
  return { socket, reply, last: whole.subarray(-1) }
}

const open = (port: number) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })

const receive = (socket: Socket, request: string, sent: unknown) =>
  new Promise<Reply>((resolve, reject) => {
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const reply = parse(received, request, sent)
      if (reply) resolve(reply)
    })
    socket.once('error', reject)
    socket.once('close', () =>
      reject(new Error(`${request}: the connection was closed after ${received.length} bytes`)),
    )
  })

/** The reply, once it is whole (RFC 9112). */
const parse = (received: Buffer, request: string, sent: unknown): Reply | undefined => {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const rest = received.subarray(end + 4)
  const bytes =
    headers.get('transfer-encoding') === 'chunked'
      ? unchunk(rest)
      : sized(rest, Number(headers.get('content-length') ?? 0))
  return bytes && replyOf({ request, status: Number(statusLine.split(' ')[1]), headers, bytes, sent })
}

const sized = (rest: Buffer, length: number) => (rest.length >= length ? rest.subarray(0, length) : undefined)

const unchunk = (rest: Buffer): Buffer | undefined => {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(rest.subarray(at, line).toString('latin1'), 16)
    if (rest.length < line + 2 + size + 2) return undefined
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(rest.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
