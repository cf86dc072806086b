import { type AnyElysia, Elysia } from 'elysia'
import swaggerUi from 'swagger-ui-dist/package.json'
import type { App } from '#core'
import { failures } from './failures'
import { documentOf } from './openapi/document'
import { swaggerPage } from './openapi/page'
import { IMMUTABLE, REVALIDATED, staticBytes } from './static'
import { VERSIONS } from './versions'

/** Where the page's files are. Their version is part of the path, so browsers may keep them for good. */
const BASE = `/swagger/${swaggerUi.version}`
const ASSETS: readonly (readonly [name: string, type: string, url: string])[] = [
  ['swagger-ui.css', 'text/css; charset=utf-8', import.meta.resolve('swagger-ui-dist/swagger-ui.css')],
  [
    'swagger-ui-bundle.js',
    'text/javascript; charset=utf-8',
    import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
  ],
  ['favicon-32x32.png', 'image/png', import.meta.resolve('swagger-ui-dist/favicon-32x32.png')],
]
const INIT = new URL('./openapi/swagger-init.js', import.meta.url)

/**
 * `/swagger/json` is the OpenAPI 3.1 document of the first version, `?version=v2` that of another; `/swagger` the page.
 * Written from the mounted routes when first asked for. Throws UNKNOWN_VERSION.
 */
export const openapi = (app: App, api: AnyElysia) => {
  const documents = new Map(
    VERSIONS.map((version) => [
      version,
      staticBytes(
        () => new TextEncoder().encode(JSON.stringify(documentOf(app, api, version))),
        'application/json',
        REVALIDATED,
      ),
    ]),
  )
  const plugin = new Elysia({ name: 'openapi' })
    .get('/swagger', ({ request }) => {
      const version = versionIn(request)
      const { appName: name, appUrl } = app.config
      return swaggerPage({ name, version, versions: VERSIONS, base: BASE, appUrl })
    })
    .get('/swagger/json', ({ request, set }) => documents.get(versionIn(request))?.({ request, set }))
    .get(
      `${BASE}/init.js`,
      staticBytes(() => Bun.file(INIT).bytes(), 'text/javascript; charset=utf-8', REVALIDATED),
    )
  for (const [name, type, url] of ASSETS) {
    plugin.get(
      `${BASE}/${name}`,
      staticBytes(() => Bun.file(new URL(url)).bytes(), type, IMMUTABLE),
    )
  }
  return plugin
}

const versionIn = (request: Request): string => {
  const version = new URL(request.url).searchParams.get('version') ?? VERSIONS[0] ?? ''
  if (!VERSIONS.includes(version)) throw failures.UNKNOWN_VERSION({ members: { versions: VERSIONS } })
  return version
}
