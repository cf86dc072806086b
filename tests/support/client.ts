import type { Peer } from '../../src/http/exchange'

/** What a reply's JSON may be read as without checking each member first. */
// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects in its assertions
export type Json = any

/** A reply that has arrived whole. For streams use `client.fetch`. */
export interface Reply {
  /** `POST /api/v1/auth/login`, for messages. */
  request: string
  status: number
  headers: Headers
  bytes: Uint8Array
  text: string
  json<T = Json>(): T
  /** The body that was sent. */
  sent: unknown
}

/** A reply to come. Its own `json()` insists on success: `const { id } = await as.ada.post('/api-keys', {…}).json()`. */
export interface Asked extends Promise<Reply> {
  json<T = Json>(): Promise<T>
}

export interface Options {
  headers?: Record<string, string>
  query?: Record<string, string | number | boolean>
}

/** Somebody who sends requests. Paths are relative to `/api/v1` unless told otherwise by `under`. */
export interface Client {
  get(path: string, options?: Options): Asked
  head(path: string, options?: Options): Asked
  /** An object is sent as JSON; a string, Blob, FormData or stream as it is. */
  post(path: string, body?: unknown, options?: Options): Asked
  put(path: string, body?: unknown, options?: Options): Asked
  patch(path: string, body?: unknown, options?: Options): Asked
  delete(path: string, body?: unknown, options?: Options): Asked
  /** Any method. */
  send(method: string, path: string, body?: unknown, options?: Options): Asked
  /** The Web-standard response as it comes: for streams. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** The same caller at another base: `under('/api/v2')`, or `under('')` for what lies outside the API. */
  under(base: string): Client
  /** The same caller with further headers. */
  with(headers: Record<string, string>): Client
  /** The same caller at another network address. */
  from(address: string): Client
  /** The headers that say who calls. */
  credentials(): Promise<Record<string, string>>
}

export interface Caller {
  fetch: (request: Request, peer?: Peer) => Promise<Response>
  origin: string
  base: string
  /** The network address the caller comes from. */
  address: string
  credentials: () => Record<string, string> | Promise<Record<string, string>>
}

export const client = (caller: Caller): Client => {
  const url = (path: string, query: Options['query'] = {}) => {
    const target = `${caller.origin}${caller.base}${path}`
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString()
    return search ? `${target}${target.includes('?') ? '&' : '?'}${search}` : target
  }
  const dispatch = async (target: string, init: RequestInit) => {
    const headers = new Headers({ ...(await caller.credentials()), ...Object.fromEntries(new Headers(init.headers)) })
    return caller.fetch(new Request(target, { ...init, headers }), { address: caller.address })
  }
  const send = (method: string, path: string, body?: unknown, { headers, query }: Options = {}): Asked => {
    const target = url(path, query)
    const reply = dispatch(target, { method, ...encoded(body, headers) }).then((response) =>
      read(response, `${method} ${target.slice(caller.origin.length)}`, body),
    )
    return Object.assign(reply, { json: async () => insisted(await reply) })
  }
  return {
    get: (path, options) => send('GET', path, undefined, options),
    head: (path, options) => send('HEAD', path, undefined, options),
    post: (path, body, options) => send('POST', path, body, options),
    put: (path, body, options) => send('PUT', path, body, options),
    patch: (path, body, options) => send('PATCH', path, body, options),
    delete: (path, body, options) => send('DELETE', path, body, options),
    send,
    fetch: (path, init = {}) => dispatch(url(path), init),
    under: (base) => client({ ...caller, base }),
    with: (headers) =>
      client({ ...caller, credentials: async () => ({ ...(await caller.credentials()), ...headers }) }),
    from: (address) => client({ ...caller, address }),
    credentials: async () => caller.credentials(),
  }
}

/** An object becomes JSON; what already is a body stays. */
export const encoded = (
  body: unknown,
  headers: Record<string, string> = {},
): { body?: RequestInit['body']; headers: Record<string, string> } => {
  if (body === undefined) return { headers }
  if (isRaw(body)) return { body, headers }
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
}

const isRaw = (body: unknown): body is Exclude<RequestInit['body'], null | undefined> =>
  typeof body === 'string' ||
  body instanceof FormData ||
  body instanceof Blob ||
  body instanceof ReadableStream ||
  body instanceof URLSearchParams ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body)

const read = async (response: Response, request: string, sent: unknown): Promise<Reply> => {
  const bytes = new Uint8Array(await response.arrayBuffer())
  return replyOf({ request, status: response.status, headers: response.headers, bytes, sent })
}

export const replyOf = (reply: Omit<Reply, 'text' | 'json'>): Reply => {
  const text = new TextDecoder().decode(reply.bytes)
  return {
    ...reply,
    text,
    json: () => {
      try {
        return JSON.parse(text)
      } catch {
        throw new Error(`${reply.request} answered ${reply.status} without JSON: ${text.slice(0, 200)}`)
      }
    },
  }
}

const insisted = (reply: Reply) => {
  if (reply.status >= 400) throw new Error(`${reply.request} answered ${reply.status}: ${reply.text.slice(0, 500)}`)
  return reply.json()
}
