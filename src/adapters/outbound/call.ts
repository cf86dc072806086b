import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { OutboundError, OutboundReply, OutboundRequest } from './port'
import type { Target } from './target'

/** Bytes of a reply that are kept. */
const KEPT = 1024
/** Bytes after which a reply is cut off. */
const READ = 4096
/** Milliseconds that a reply may take once its status has arrived: all that matters is known. */
const BODY_TIME = 2_000

type Answered = Extract<OutboundReply, { kind: 'answered' }>
export type Called = Omit<Answered, 'durationMs'> | { kind: 'failed'; error: OutboundError }

export interface CallOptions extends OutboundRequest {
  /** Ends the call, whatever it does. */
  signal: AbortSignal
  /** Connections to use again. */
  agents: Agents
  /** Further certificate authorities, in PEM. */
  ca?: string
}

/** Milliseconds that a connection is kept for the next event, and how many of them per host. */
const IDLE = 1_000
const IDLE_PER_HOST = 10

/** Connections are found again by address, port and the name that TLS has verified: a name that moves gets a new one. */
export const openAgents = () => {
  const options = { keepAlive: true, timeout: IDLE, maxFreeSockets: IDLE_PER_HOST }
  return { plain: new Agent(options), secure: new SecureAgent(options) }
}
export type Agents = ReturnType<typeof openAgents>

/** Posts to `address`, as the host that the URL names. */
export const call = (target: Target, address: string, options: CallOptions, fresh = false): Promise<Called> =>
  new Promise((resolve) => {
    const { signal, agents, ca, headers, body } = options
    const { url, hostname, literal } = target
    let outgoing: ClientRequest | undefined
    let ended = false
    const end = (called: Called | Promise<Called>, reuse = false) => {
      if (ended) return
      ended = true
      signal.removeEventListener('abort', abort)
      resolve(called)
      if (!reuse) outgoing?.destroy()
    }
    const abort = () => end({ kind: 'failed', error: 'timeout' })
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    const common = {
      // The address that was checked; nothing resolves the name again.
      hostname: address,
      port: url.port || undefined,
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        ...headers,
        host: url.host,
        'content-length': String(Buffer.byteLength(body)),
        'accept-encoding': 'identity',
      },
    } as const
    const tls = { ...(literal ? {} : { servername: hostname }), ...(ca ? { ca } : {}) }
    const onReply = (reply: IncomingMessage) => read(reply, end)
    try {
      outgoing =
        url.protocol === 'https:'
          ? secureRequest({ ...common, ...tls, agent: fresh ? false : agents.secure }, onReply)
          : request({ ...common, agent: fresh ? false : agents.plain }, onReply)
    } catch {
      return end({ kind: 'failed', error: 'invalid_url' })
    }
    outgoing.on('error', (error) => {
      if (ended) return
      // A kept connection may have been closed at the other end just now, before our request was read.
      const stale = outgoing?.reusedSocket === true && nameOf(error) === 'connection_reset'
      end(stale ? call(target, address, options, true) : { kind: 'failed', error: nameOf(error) })
    })
    outgoing.end(body)
  })

/** What has come by the time there is enough, it is over, or it takes too long. */
const read = (reply: IncomingMessage, end: (called: Called, reuse: boolean) => void) => {
  const chunks: Buffer[] = []
  let size = 0
  const finish = (complete: boolean) => {
    clearTimeout(timer)
    const retryAfter = reply.headers['retry-after']
    const status = reply.statusCode ?? 0
    const body = textOf(Buffer.concat(chunks))
    end({ kind: 'answered', status, ...(retryAfter === undefined ? {} : { retryAfter }), body }, complete)
  }
  const timer = setTimeout(finish, BODY_TIME, false)
  reply.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (chunks.length < KEPT) chunks.push(chunk.subarray(0, KEPT))
    if (size >= READ) finish(false)
  })
  reply.on('end', () => finish(true))
  for (const event of ['close', 'error', 'aborted']) reply.on(event, () => finish(false))
}

/** The beginning of a reply as text, without half a character at its end. */
const textOf = (bytes: Buffer) => new TextDecoder().decode(bytes.subarray(0, KEPT), { stream: true })

const NAMES: Record<string, OutboundError> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ETIMEDOUT: 'timeout',
}

const nameOf = (error: Error & { code?: string }): OutboundError => {
  const code = error.code ?? ''
  if (NAMES[code]) return NAMES[code]
  if (code.startsWith('HPE_')) return 'invalid_response'
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_|DEPTH_ZERO|SELF_SIGNED|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'tls_failed'
  return 'connection_failed'
}
