import { type App, digest, newId, type RecordedEvent } from '#core'
import { attachExchange, type CachePolicy, type Exchange, type Policy } from './exchange'
import { entityTag, matches, REVALIDATED } from './static'

type Next = (request: Request, exchange: Exchange) => Response | Promise<Response>

/** A reply as the cache keeps it. Without a body it was no 200, and is kept only until somebody sees that. */
interface Kept {
  body?: string
  type: string
  etag: string
  /** When it was made, and by which load. */
  at: number
  id: string
}

/**
 * Answers GETs of routes with `cached` from the cache, with `X-Cache: hit|miss|stale` and a strong ETag. What is kept
 * was made without the caller's headers and, where anybody may ask, without the caller: nothing of one can reach
 * another. Refusals are not kept; a reply that fails to be made anew is served stale for as long as its grace goes.
 */
export const cached = (app: App, policies: readonly Policy[], next: Next): Next => {
  const some = policies.flatMap((policy) => policy.cached ?? [])
  if (some.length === 0) return next
  const settled = invalidation(app, some)

  return async (request, exchange) => {
    const { policy, failure } = exchange
    if (request.method !== 'GET' || !policy?.cached || failure) return next(request, exchange)
    const found = await find(request, exchange, policy, policy.cached)
    if (found?.kept.body === undefined) return next(request, exchange)
    exchange.replay = replyOf(app, request, policy, found)
    return next(request, exchange)
  }

  async function find(request: Request, exchange: Exchange, policy: Policy, how: CachePolicy) {
    // What was written before this request came must not be missing from what it is answered.
    await settled()
    const key = keyOf(request, exchange, policy, how)
    const tags = [...how.tags, ...(isPersonal(policy) ? [personTag(exchange.identity?.actor.userId)] : [])]
    let mine: string | undefined
    const load = () => {
      mine = newId()
      return make(request, exchange, policy, mine)
    }
    try {
      const kept = await app.cache.getOrSet(key, load, { ttl: how.ttl, grace: how.grace, tags })
      if (kept.body === undefined) await app.cache.delete(key)
      return { kept, fresh: kept.id === mine }
    } catch (error) {
      // The cache or the route: asking the route itself tells which.
      app.log.debug({ route: policy.template, error: String(error) }, 'A reply could not be cached')
      return undefined
    }
  }

  async function make(request: Request, exchange: Exchange, policy: Policy, id: string): Promise<Kept> {
    const own = new Request(request.url)
    const identity = policy.access.kind === 'public' ? undefined : exchange.identity
    attachExchange(own, { ...exchange, identity, headers: {}, context: undefined, replay: undefined })
    const response = await next(own, exchange)
    if (response.status >= 500) throw new Error(`The route answered ${response.status}`)
    const kept = { at: app.clock.now().getTime(), id, type: '', etag: '' }
    if (response.status !== 200) return kept
    const body = await response.text()
    return { ...kept, body, type: response.headers.get('content-type') ?? '', etag: entityTag(body) }
  }
}

const replyOf = (app: App, request: Request, policy: Policy, { kept, fresh }: { kept: Kept; fresh: boolean }) => {
  const stale = policy.cached !== undefined && app.clock.now().getTime() - kept.at > policy.cached.ttl
  const headers = {
    etag: kept.etag,
    'x-cache': fresh ? 'miss' : stale ? 'stale' : 'hit',
    ...(policy.access.kind === 'public' ? { 'cache-control': REVALIDATED } : {}),
  }
  if (matches(request.headers.get('if-none-match'), kept.etag)) return new Response(null, { status: 304, headers })
  return new Response(kept.body, { headers: { ...headers, 'content-type': kept.type } })
}

const isPersonal = ({ access, cached }: Policy) => access.kind !== 'public' && cached?.per !== 'everybody'
const personTag = (userId = '') => `person:${userId}`

/** Route, declared parameters of the query and, unless the reply is everybody's, who asks and what they may do. */
const keyOf = (request: Request, { identity }: Exchange, policy: Policy, { query }: CachePolicy): string => {
  const { pathname, searchParams } = new URL(request.url)
  const asked = query.map((name) => [name, searchParams.getAll(name)])
  const actor = isPersonal(policy) ? identity?.actor : undefined
  const caller = actor && [{ ...actor, name: '', permissions: [...actor.permissions].sort() }]
  return `http:${policy.template}:${digest(JSON.stringify([pathname, asked, caller ?? null]))}`
}

/**
 * Drops what an event outdates: tags are names of events, or `role.*`, and each person. Returns what resolves as soon as
 * everything published so far is dropped.
 */
const invalidation = (app: App, routes: readonly CachePolicy[]) => {
  const tags = new Set(routes.flatMap((route) => route.tags))
  const personal = routes.some(({ per }) => per !== 'everybody')
  let running: Promise<unknown> | undefined

  app.bus.subscribe('journal', (message) => {
    const { type, userId } = message as Pick<RecordedEvent, 'type' | 'userId'>
    const due = [type, `${type.split('.')[0]}.*`, '*'].filter((tag) => tags.has(tag))
    if (personal && userId) due.push(personTag(userId))
    if (due.length === 0) return
    const dropping = Promise.all([running, app.cache.deleteByTag(...due)])
      .catch((error: unknown) => app.log.warn({ error: String(error) }, 'Replies could not be dropped from the cache'))
      .finally(() => {
        if (running === dropping) running = undefined
      })
    running = dropping
  })
  return async () => running
}
