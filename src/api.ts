import { type AnyElysia, Elysia } from 'elysia'
import type { App, Feature } from '#core'
import type * as list from './features'
import { body } from './http/body'
import { cors } from './http/cors'
import { edge, gate } from './http/edge'
import { errorsPage } from './http/errors-page'
import type { Peer } from './http/exchange'
import { headers } from './http/headers'
import { health, watcher } from './http/health'
import { metrics } from './http/metrics'
import { openapi } from './http/openapi'
import { policiesOf } from './http/policy'
import { problems } from './http/problems'
import { root } from './http/root'
import { VERSIONS } from './http/versions'
import { inboxPage } from './mail/inbox-page'

/** What changes while the process lives. */
export interface ProcessState {
  draining: boolean
}

/** The App as a Web-standard `fetch`. `main.ts` serves it; tests and the in-process client call it without a port. */
export const createApi = (app: App, state: ProcessState = { draining: false }) => {
  const look = watcher(app)
  const measured = metrics(app, look)
  const router = new Elysia({ name: 'api', normalize: true, aot: true })
    .use(problems(app))
    .use(cors(app))
    .use(headers(app))
    .use(gate())
    .use(body)
    .use(root(app))
    .use(errorsPage(app))
    .use(health(app, state, look))
    .use(measured.plugin)
  if (app.mailer.inbox && !app.config.production) router.use(inboxPage(app))
  for (const feature of app.features) if (feature.pages) router.use(feature.pages(app))
  for (const feature of app.features) mount(app, router, feature)
  if (app.config.swagger) router.use(openapi(app, router))
  const policies = policiesOf(router)
  const fetch: (request: Request, peer?: Peer) => Promise<Response> = edge(app, router, policies, measured)
  return { fetch, policies: policies.all, routes: router.routes, router }
}

/** Puts a feature's routes under every version: made once if it does not ask which it is, as starting is mostly this. */
const mount = (app: App, router: AnyElysia, { name, routes }: Feature) => {
  if (!routes) return
  const alike = routes.length > 1 ? undefined : routes(app, '')
  for (const version of VERSIONS)
    router.use(new Elysia({ prefix: `/api/${version}`, tags: [name] }).use(alike ?? routes(app, version)))
}

/** What a worker answers: how it is, and its metrics. */
export const createProbes = (app: App, state: ProcessState) => {
  const look = watcher(app)
  const measured = metrics(app, look)
  const router = new Elysia({ name: 'probes', aot: true })
    .use(problems(app))
    .use(headers(app))
    .use(gate())
    .use(health(app, state, look))
    .use(measured.plugin)
  return { fetch: edge(app, router, policiesOf(router), measured) }
}

type Features = typeof list
type RoutesOf<F> = F extends { routes: (...args: never[]) => infer R }
  ? R extends { '~Routes': infer T }
    ? T
    : never
  : never
type Merge<U> = (U extends unknown ? (routes: U) => void : never) extends (routes: infer I) => void ? I : never
type Versioned = Merge<{ [K in keyof Features]: RoutesOf<Features[K]> }[keyof Features]>

/** The API's type for Eden: every feature's routes, under each version. */
// biome-ignore-start lint/complexity/noBannedTypes: Elysia's empty type parameters are written like this
export type Api = Elysia<
  '',
  { decorator: {}; store: {}; derive: {}; resolve: {} },
  { typebox: {}; error: {} },
  { schema: {}; standaloneSchema: {}; macro: {}; macroFn: {}; parser: {}; response: {} },
  { api: { v1: Versioned; v2: Versioned } }
>
// biome-ignore-end lint/complexity/noBannedTypes: see above
