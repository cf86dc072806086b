import type { App, SignedActor } from '#core'
import type { StoredReply } from '../adapters/idempotency/port'
import { attachExchange, type Exchange } from './exchange'
import { failures } from './failures'
import { parseMultipart } from './multipart'

type Next = (request: Request) => Response | Promise<Response>

const VISIBLE_ASCII = /^[!-~]{1,255}$/
/** What of a reply is given again. Everything else belongs to the request: its id, its limits, its origin. */
const KEPT = ['content-type', 'content-disposition', 'location', 'link', 'etag', 'set-cookie']
const NULL_BODY = new Set([204, 205, 304])

/**
 * Makes an authenticated POST with an `Idempotency-Key` safe to repeat: the first attempt runs, later ones get its
 * reply. Refusals are given again too; what may pass by itself (5xx, 429) is not kept. After a crash an attempt runs
 * again exactly if the first one changed nothing (decision 0014). After draft-ietf-httpapi-idempotency-key-header.
 */
export const idempotent = (app: App, next: Next) => {
  const attempt = async (request: Request, exchange: Exchange, actor: SignedActor, key: string): Promise<Response> => {
    const body = await readBody(request, exchange)
    const again = new Request(request.url, { method: 'POST', headers: request.headers, body, signal: request.signal })
    attachExchange(again, exchange)
    const claim = await app.idempotency.claim(callerOf(actor), key, fingerprint(request, body))
    switch (claim.outcome) {
      case 'replay':
        exchange.replay = replyOf(claim.reply)
        return next(again)
      case 'reused':
        throw failures.IDEMPOTENCY_KEY_REUSED()
      case 'running':
        throw failures.REQUEST_IN_PROGRESS({ retryAfter: claim.retryAfter })
      case 'lost':
        throw failures.REPLY_LOST()
      case 'claimed':
        return run(again, exchange, claim.held)
    }
  }

  const run = async (request: Request, exchange: Exchange, held: Held): Promise<Response> => {
    exchange.beforeCommit = held.beforeCommit
    const { response, reply } = await capture(await next(request))
    try {
      if (reply.status >= 500) await held.release()
      else if (reply.status === 429) await held.forget()
      else await held.complete(reply)
    } catch (error) {
      // What was asked for is done; only a repetition will be told that its reply is lost.
      app.log.error({ requestId: exchange.requestId, error: String(error) }, 'a reply was not kept')
    }
    return response
  }

  return async (request: Request, exchange: Exchange): Promise<Response> => {
    const key = request.method === 'POST' ? request.headers.get('idempotency-key') : null
    const actor = exchange.identity?.actor
    const { policy, failure } = exchange
    if (key === null || !actor || !policy || failure || policy.access.kind === 'public') return next(request)
    try {
      if (!VISIBLE_ASCII.test(key)) throw failures.INVALID_IDEMPOTENCY_KEY()
      return await attempt(request, exchange, actor, key)
    } catch (error) {
      // Whatever it is leaves through the same door as every other error.
      exchange.failure = error
      return next(request)
    }
  }
}

type Held = Extract<Awaited<ReturnType<App['idempotency']['claim']>>, { outcome: 'claimed' }>['held']

/** Keys of a person's sessions, of each API key and of an admin in somebody's place are apart. */
const callerOf = (actor: SignedActor): string => {
  switch (actor.type) {
    case 'user':
      return `user ${actor.userId}`
    case 'api-key':
      return `api-key ${actor.apiKeyId}`
    case 'impersonator':
      return `impersonator ${actor.adminId} ${actor.userId}`
  }
}

const readBody = async (request: Request, { policy }: Exchange): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > (policy?.maxBytes ?? 0)) throw failures.PAYLOAD_TOO_LARGE()
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

/** What makes two requests the same: path, query and body; of a form its parts, as each sending draws a new boundary. */
const fingerprint = (request: Request, body: Uint8Array<ArrayBuffer>): string => {
  const { pathname, search } = new URL(request.url)
  const type = request.headers.get('content-type') ?? ''
  const content = type.startsWith('multipart/') ? formHash(body, type) : sha256(body)
  return `POST ${pathname}${search}\n${content}`
}

const formHash = (body: Uint8Array<ArrayBuffer>, type: string): string => {
  const parts = Object.entries(parseMultipart(body, type)).flatMap(([name, values]) =>
    values.map((value) => {
      const content = typeof value === 'string' ? ['text', value] : [value.name, value.type, sha256(value.bytes)]
      return JSON.stringify([name, ...content])
    }),
  )
  return sha256(parts.join('\n'))
}

const sha256 = (data: string | Uint8Array<ArrayBuffer>) =>
  new Bun.CryptoHasher('sha256').update(data).digest('base64url')

/** The reply to send and what is kept of it. */
const capture = async (response: Response): Promise<{ response: Response; reply: StoredReply }> => {
  const { status, headers } = response
  const body = await response.bytes()
  const kept = [...headers].filter(([name]) => KEPT.includes(name))
  return {
    response: replyWith(status, headers, body),
    reply: { status, headers: kept.map(([name, value]) => [name, value]), body },
  }
}

const replyOf = ({ status, headers, body }: StoredReply): Response =>
  replyWith(status, new Headers([...headers, ['idempotent-replayed', 'true']]), body)

const replyWith = (status: number, headers: Headers, body: Uint8Array<ArrayBuffer>) =>
  new Response(NULL_BODY.has(status) ? null : body, { status, headers })
