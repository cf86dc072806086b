import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http'
import { request as secure } from 'node:https'
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
  /** Further certificate authorities, in PEM. */
  ca?: string
}

/** Posts to `address`, as the host that the URL names. A connection of its own, closed in the end. */
export const call = ({ url, hostname, literal }: Target, address: string, options: CallOptions): Promise<Called> =>
  new Promise((resolve) => {
    const { signal, ca, headers, body } = options
    const abort = () => end({ kind: 'failed', error: 'timeout' })
    let outgoing: ClientRequest | undefined
    let ended = false
    const end = (called: Called) => {
      if (ended) return
      ended = true
      signal.removeEventListener('abort', abort)
      resolve(called)
      outgoing?.destroy()
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    const common = {
      // The address that was checked; nothing resolves the name again.
      hostname: address,
      port: url.port || undefined,
      path: url.pathname + url.search,
      method: 'POST',
      agent: false,
      headers: {
        ...headers,
        host: url.host,
        'content-length': String(Buffer.byteLength(body)),
        'accept-encoding': 'identity',
        connection: 'close',
      },
    } as const
    const onReply = (reply: IncomingMessage) => read(reply, end)
    try {
      outgoing =
        url.protocol === 'https:'
          ? secure({ ...common, ...(literal ? {} : { servername: hostname }), ...(ca ? { ca } : {}) }, onReply)
          : plain(common, onReply)
    } catch {
      return end({ kind: 'failed', error: 'invalid_url' })
    }
    outgoing.on('error', (error) => end({ kind: 'failed', error: nameOf(error) }))
    outgoing.end(body)
  })

/** What has come by the time there is enough, it is over, or it takes too long. */
const read = (reply: IncomingMessage, end: (called: Called) => void) => {
  const chunks: Buffer[] = []
  let size = 0
  const finish = () => {
    clearTimeout(timer)
    const retryAfter = reply.headers['retry-after']
    end({
      kind: 'answered',
      status: reply.statusCode ?? 0,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      body: textOf(Buffer.concat(chunks)),
    })
  }
  const timer = setTimeout(finish, BODY_TIME)
  reply.on('data', (chunk: Buffer) => {
    size += chunk.length
    chunks.push(chunk.subarray(0, KEPT))
    if (size >= READ) finish()
  })
  for (const event of ['end', 'close', 'error', 'aborted']) reply.on(event, finish)
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
