import { treaty } from '@elysiajs/eden'
import type { Api } from './api'

/** An error of the API: an RFC 9457 problem document. */
export interface Problem {
  type: string
  title: string
  status: number
  detail?: string
  code: string
  requestId: string
  errors?: { path: string; message: string }[]
}

export interface TokenPair {
  accessToken: string
  refreshToken: string
}

export interface ClientOptions {
  /** Where tokens are kept; in memory unless told. Not used with `cookies`. */
  tokens?: TokenStore
  /** A browser on the API's own origin: the session travels in cookies. */
  cookies?: boolean
  apiKey?: string
  /** What sends requests: `createApi(app).fetch` calls the API without a port. */
  fetch?: (request: Request) => Promise<Response>
  /** Told when the session is over and the person has to sign in again. */
  onSignedOut?: () => void
}

export interface TokenStore {
  get: () => TokenPair | undefined
  set: (tokens: TokenPair | undefined) => void
}

/** Methods that may be repeated without doing things twice (RFC 9110 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
const RETRIES = 2
const RETRY_STATUS = new Set([502, 503, 504])
/** Milliseconds that a client waits at the most because the server asked it to. */
const MAX_WAIT = 5_000

/**
 * The API with the server's own types: `client.api.v1.users.me.get()`. Refreshes an access token that has run out, once
 * for however many requests noticed; repeats idempotent calls that met a passing fault.
 */
export const createClient = (baseUrl: string, options: ClientOptions = {}) => {
  const tokens = options.tokens ?? memoryStore()
  const send = options.fetch ?? ((request) => globalThis.fetch(request))
  const refreshing = singleFlight((version: string) =>
    refresh(`${baseUrl.replace(/\/$/, '')}/api/${version}`, tokens, send, options),
  )

  const fetcher = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const original = new Request(input, {
      ...init,
      ...(options.cookies ? { credentials: 'same-origin' as const } : {}),
    })
    if (
      original.method !== 'GET' &&
      original.method !== 'HEAD' &&
      !original.body &&
      original.headers.get('content-type')?.startsWith('text/plain')
    )
      original.headers.delete('content-type')
    const first = await attempt(send, authorized(original.clone(), tokens, options))
    if (first.status !== 401 || options.apiKey || isSignIn(original.url) || !(options.cookies || tokens.get()))
      return first
    if (!(await refreshing(versionOf(original.url)))) return first
    return await attempt(send, authorized(original, tokens, options))
  }
  const eden = treaty<Api>(baseUrl, { parseDate: false, fetcher: fetcher as typeof globalThis.fetch })
  return { api: eden.api, tokens }
}

export type Client = ReturnType<typeof createClient>

/** What a failed call carries, when it was the API that refused it. */
export const problemOf = (error: { value: unknown } | null): Problem | undefined => {
  const value = error?.value
  const document = typeof value === 'string' ? parse(value) : value
  return typeof document === 'object' && document !== null && 'code' in document && 'status' in document
    ? (document as Problem)
    : undefined
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const memoryStore = (): TokenStore => {
  let current: TokenPair | undefined
  return {
    get: () => current,
    set: (tokens) => {
      current = tokens
    },
  }
}

const isSignIn = (url: string) => /\/auth\/(login|refresh-token|register|2fa\/challenge)(\?|$)/.test(url)

const authorized = (request: Request, tokens: TokenStore, { apiKey, cookies }: ClientOptions): Request => {
  if (apiKey) request.headers.set('x-api-key', apiKey)
  const pair = cookies || apiKey ? undefined : tokens.get()
  if (pair && !isSignIn(request.url)) request.headers.set('authorization', `Bearer ${pair.accessToken}`)
  return request
}

const attempt = async (send: (request: Request) => Promise<Response>, request: Request): Promise<Response> => {
  const again = IDEMPOTENT.has(request.method) || request.headers.has('idempotency-key')
  for (let left = again ? RETRIES : 0; ; left -= 1) {
    try {
      const response = await send(request.clone())
      if (left <= 0 || !RETRY_STATUS.has(response.status)) return response
      await pause(Number(response.headers.get('retry-after') ?? 0) * 1000)
    } catch (error) {
      if (left <= 0) throw error
      await pause(200 * (RETRIES - left + 1))
    }
  }
}

const pause = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.min(MAX_WAIT, milliseconds + Math.random() * 100)))

/** Many callers, one run at a time, one answer for all. */
const singleFlight = <I, T>(run: (input: I) => Promise<T>) => {
  let running: Promise<T> | undefined
  return (input: I) => {
    running ??= run(input).finally(() => {
      running = undefined
    })
    return running
  }
}

/** The version that a call speaks: its session goes on in the same. */
const versionOf = (url: string) => /\/api\/(v\d+)\//.exec(url)?.[1] ?? 'v1'

/** True if the session goes on with new tokens. */
const refresh = async (
  base: string,
  tokens: TokenStore,
  send: (request: Request) => Promise<Response>,
  { cookies, onSignedOut }: ClientOptions,
): Promise<boolean> => {
  const refreshToken = tokens.get()?.refreshToken
  const request = new Request(`${base}/auth/refresh-token${cookies ? '?transport=cookie' : ''}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(cookies ? {} : { refreshToken }),
    ...(cookies ? { credentials: 'same-origin' as const } : {}),
  })
  // A lost reply may be asked for again: within the grace the same successor comes back.
  request.headers.set('idempotency-key', crypto.randomUUID())
  const response = await attempt(send, request)
  if (response.ok) {
    if (!cookies) tokens.set((await response.json()) as TokenPair)
    return true
  }
  if (response.status === 401) {
    tokens.set(undefined)
    onSignedOut?.()
  }
  return false
}
