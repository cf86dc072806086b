import { Elysia } from 'elysia'
import type { App, Context, Page, Permission, Signed, Thrower } from '#core'
import { requestContext } from './exchange'
import { linkHeader } from './paging'
import type { CacheOptions } from './policy'
import { STATUS } from './problems'

/** Who may call a route: a session or API key, or a session only. */
type Auth = 'user' | 'session'

/** Bytes that a posted form may have. */
const FORM_MAX = 16 * 1024

/**
 * A feature's routes. Each says who may call it: `public`, `auth` or `permission`; the edge checks that before it reads
 * the body, and the handler gets a `ctx` whose type tells the same. `fails` lists what the verb may refuse with.
 */
export const router = <const Prefix extends string>(app: App, prefix: Prefix) =>
  new Elysia({ prefix, normalize: true }).macro({
    public: (_: true) => ({
      detail: { 'x-access': 'public' } as object,
      resolve: ({ request }) => ({ ctx: requestContext(app, request) }),
    }),
    auth: (who: Auth) => ({
      detail: { 'x-access': who } as object,
      resolve: ({ request }) => ({ ctx: signed(app, request) }),
    }),
    permission: (permission: Permission) => ({
      detail: { 'x-permission': permission } as object,
      resolve: ({ request }) => ({ ctx: signed(app, request) }),
    }),
    /** Only people who have verified their address. */
    verified: (_: true) => ({ detail: { 'x-verified': true } as object }),
    /** Only sessions that proved password or second factor in the last 15 minutes. */
    stepUp: (_: true) => ({ detail: { 'x-step-up': true } as object }),
    /** A named rate limit on top of the general one; see `rate-limit.ts`. */
    tier: (name: string) => ({ detail: { 'x-tier': name } as object }),
    /** A page for people, outside the API: refusals are pages too, and it is in no document. */
    page: (_: true) => ({
      detail: { 'x-access': 'public', 'x-page': true, hide: true } as object,
      resolve: ({ request }) => ({ ctx: requestContext(app, request) }),
    }),
    /** Takes what a browser's form posts. */
    form: (_: true) => ({ detail: { 'x-body': 'form', 'x-max-bytes': FORM_MAX } as object }),
    /** Takes a form with files, so many bytes in all. */
    upload: (maxBytes: number) => ({ detail: { 'x-body': 'multipart', 'x-max-bytes': maxBytes } as object }),
    /** Takes anything, as a stream: the handler reads `request.body`. */
    bytes: (maxBytes: number) => ({ detail: { 'x-body': 'bytes', 'x-max-bytes': maxBytes } as object }),
    /** The answer is a page: its `Link` header is made from its `meta`. */
    paged: (_: true) => ({
      afterHandle: ({
        response,
        request,
        set,
      }: {
        response: unknown
        request: Request
        set: { headers: Record<string, unknown> }
      }) => {
        const link = isPage(response) ? linkHeader(request.url, response.meta) : undefined
        // The edge may have named the successor of a deprecated version there already.
        if (link) set.headers.link = set.headers.link ? `${set.headers.link}, ${link}` : link
      },
    }),
    /** Replies to GET are kept for a while; see `cached.ts`. */
    cached: (options: CacheOptions) => ({ detail: { 'x-cached': options } as object }),
    /** The reply is not JSON: its media types, comma-separated, for the documents. */
    produces: (type: string) => ({ detail: { 'x-produces': type } as object }),
    summary: (summary: string) => ({ detail: { summary } }),
    fails: (throwers: readonly Thrower[]) => ({ detail: { 'x-failures': throwers.map(describe) } as object }),
  })

const describe = ({ kind, code, sentence }: Thrower) => ({ status: STATUS[kind], code, message: sentence })

const isPage = (response: unknown): response is Page<unknown> =>
  typeof response === 'object' && response !== null && 'meta' in response

const isSigned = (ctx: Context): ctx is Signed => ctx.actor.type !== 'anonymous' && ctx.actor.type !== 'system'

/** The edge has admitted the request already; this is the same check where the type is made. */
const signed = (app: App, request: Request): Signed => {
  const ctx = requestContext(app, request)
  if (!isSigned(ctx)) throw new Error('A guarded route was reached without an actor')
  return ctx
}
