import { Elysia } from 'elysia'
import type { App } from '#core'
import { html, inlineHash, page, trusted } from './html'
import { catalogueOf } from './openapi/refusals'

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}dt{font-weight:600;margin-top:1rem}:target{outline:2px solid}'

/** `/errors`: every code there is, with its status and what it means. Problem documents point here by their `type`. */
export const errorsPage = (app: App) =>
  new Elysia({ name: 'errors' }).get('/errors', () => {
    const refusals = catalogueOf(app).sort((a, b) => (a.code < b.code ? -1 : 1))
    const entries = refusals.map(
      ({ status, code, message }) => html`<dt id="${code}"><code>${code}</code> · ${status}</dt><dd>${message}</dd>`,
    )
    return page(
      html`<html lang="en"><meta charset="utf-8"><title>Errors of ${app.config.appName}</title><style>${trusted(STYLE)}</style>
<h1>Errors</h1>
<p>Every error is <code>application/problem+json</code> (RFC 9457) with one of these codes and the id of the request.</p>
<dl>${entries}</dl>`,
      { csp: { 'style-src': [inlineHash(STYLE)] }, headers: { 'cache-control': 'public, max-age=3600' } },
    )
  })
