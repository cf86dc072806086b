import { Elysia } from 'elysia'
import type { App } from '#core'
import { html } from './html'
import { catalogueOf } from './openapi/refusals'
import { sheet } from './sheet'

const CACHE = { 'cache-control': 'public, max-age=3600', vary: 'Accept, Accept-Encoding' }

/**
 * `/errors`: every code there is, with its status and what it means, as a page or, for `Accept: application/json`, as
 * JSON. Problem documents point here by their `type`.
 */
export const errorsPage = (app: App) =>
  new Elysia({ name: 'errors' }).get(
    '/errors',
    ({ request }) => {
      const refusals = catalogueOf(app).sort((a, b) => a.status - b.status || (a.code < b.code ? -1 : 1))
      if (wantsJson(request)) return Response.json({ data: refusals }, { headers: CACHE })
      const entries = refusals.map(
        ({ status, code, message }) => html`<dt id="${code}"><code>${code}</code> ${status}</dt><dd>${message}</dd>
`,
      )
      const content = html`<p>Every error is <code>application/problem+json</code> (RFC 9457) with one of these codes and the id of the request.</p>
<dl>${entries}</dl>`
      return sheet(app, { title: 'Errors', content, headers: CACHE, wide: true })
    },
    { detail: { hide: true } },
  )

const wantsJson = (request: Request) => {
  const accept = request.headers.get('accept') ?? ''
  return /\bapplication\/(\w+\+)?json\b/.test(accept) && !accept.includes('text/html')
}
