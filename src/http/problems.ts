import type { ValueError } from '@sinclair/typebox/value'
import { Elysia } from 'elysia'
import { type App, Failure, type FailureKind, type FieldError } from '#core'
import { exchangeOf } from './exchange'
import { failures } from './failures'
import { alert, sheet } from './sheet'

/** The one place where a kind of failure becomes an HTTP status (RFC 9110). */
export const STATUS: Record<FailureKind, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  not_allowed: 405,
  conflict: 409,
  gone: 410,
  stale: 412,
  too_large: 413,
  unsupported: 415,
  out_of_range: 416,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
  storage_full: 507,
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}

/** Seconds that a caller waits when a failure names no time of its own. */
const RETRY_AFTER = 1

/** Every error leaves as an RFC 9457 document that repeats nothing of what was sent. */
export const problems = (app: App) =>
  new Elysia({ name: 'problems' }).onError({ as: 'global' }, ({ error, code, request, set }) => {
    const failure = toFailure(error, code)
    const exchange = exchangeOf(request)
    if (failure) {
      exchange.error = failure.code
      return problem(app, request, STATUS[failure.kind], failure, set.headers)
    }
    exchange.error = error instanceof Error ? error.name : 'unknown'
    app.log.error(
      { requestId: exchange.requestId, route: exchange.policy?.template, error: describe(error) },
      'request failed',
    )
    return problem(
      app,
      request,
      500,
      { code: 'internal_error', message: 'Something went wrong on our side. It has been logged under the request id.' },
      set.headers,
    )
  })

type Refusal = Pick<Failure, 'code' | 'message'> & Partial<Pick<Failure, 'details' | 'kind'>>

const problem = (app: App, request: Request, status: number, refusal: Refusal, headers: Record<string, unknown>) => {
  const exchange = exchangeOf(request)
  const { retryAfter, errors, members } = refusal.details ?? {}
  const own: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (status === 401) own['www-authenticate'] = `Bearer realm="${app.config.appName.replace(/[^\w -]/g, '')}"`
  if (retryAfter !== undefined || status === 429 || status === 503)
    own['retry-after'] = String(Math.max(1, Math.ceil(retryAfter ?? RETRY_AFTER)))
  // Bun would go on taking in what was refused; a declared length ends by itself.
  if (status === 413 && request.headers.get('content-length') === null) own.connection = 'close'
  if (exchange.policy?.page) return refusalPage(app, status, refusal.message, own)
  const body = {
    type: `${app.config.appUrl}/errors#${refusal.code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail: refusal.message,
    instance: new URL(request.url).pathname.slice(0, 256),
    code: refusal.code,
    requestId: exchange.requestId,
    ...(errors ? { errors } : {}),
    ...members,
  }
  for (const name of ['content-type', 'content-length', 'etag', 'cache-control']) delete headers[name]
  return new Response(JSON.stringify(body), { status, headers: { ...own, 'cache-control': 'no-store' } })
}

/** The same for somebody who reads a page. */
const refusalPage = (
  app: App,
  status: number,
  message: string,
  { 'content-type': _, ...headers }: Record<string, string>,
) => sheet(app, { title: 'That did not work', content: alert(message), status, headers })

const toFailure = (error: unknown, code: string | number): Failure | undefined => {
  if (error instanceof Failure) return error
  // Elysia wraps what is thrown while a body is read.
  if (error instanceof Error && error.cause instanceof Failure) return error.cause
  if (code === 'VALIDATION') return validationFailure(error)
  if (code === 'PARSE' || code === 'INVALID_COOKIE_SIGNATURE') return failures.MALFORMED_REQUEST()
  if (code === 'NOT_FOUND') return failures.NOT_FOUND()
  if (code === 'INVALID_FILE_TYPE') return failures.UNSUPPORTED_MEDIA_TYPE()
  return undefined
}

interface ElysiaValidationError {
  type: string
  all: (Partial<ValueError> & { summary?: string })[]
}

const isValidationError = (error: unknown): error is ElysiaValidationError =>
  typeof error === 'object' && error !== null && 'all' in error && 'type' in error

const PREFIX: Record<string, string> = { query: '/query', params: '/params', headers: '/headers', cookie: '/cookie' }

const validationFailure = (error: unknown): Failure | undefined => {
  if (!isValidationError(error) || error.type === 'response') return undefined
  const prefix = PREFIX[error.type] ?? ''
  const seen = new Map<string, FieldError>()
  for (const one of error.all) {
    const path = `${prefix}${one.path && one.path !== '/' ? one.path : ''}`
    if (!seen.has(path)) seen.set(path, { path, message: expectation(one) })
    if (seen.size === 20) break
  }
  if (error.type === 'params') return failures.NOT_FOUND()
  return failures.VALIDATION_FAILED({ errors: [...seen.values()] })
}

/** What was expected, from the schema: never what was sent. */
const expectation = (one: Partial<ValueError>): string => {
  const custom = one.schema?.error
  if (typeof custom === 'string') return custom
  return one.message ?? 'is not as it has to be'
}

/** An unknown error for the log: class, code and stack, without the statement or the values it may quote. */
const describe = (error: unknown) => {
  if (!(error instanceof Error)) return { name: typeof error }
  const cause = error.cause
  const statement = 'query' in error ? { query: error.query } : { message: error.message }
  return {
    name: error.name,
    ...statement,
    ...(cause instanceof Error ? { cause: { name: cause.name, code: 'code' in cause ? cause.code : undefined } } : {}),
    stack: error.stack?.split('\n').slice(1, 8),
  }
}
