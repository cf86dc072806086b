import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { App } from '#core'
import { type Html, html, inlineHash, page, trusted } from './html'
import { STYLE } from './sheet-style'

export interface Sheet {
  title: string
  content: Html
  status?: number
  headers?: Readonly<Record<string, string>>
  /** Room for a list instead of a form. */
  wide?: boolean
}

const CSP = { 'style-src': [inlineHash(STYLE)] }

/** One small page in the look of the house: a title, a few sentences, perhaps a form. Works without script. */
export const sheet = ({ config }: Pick<App, 'config'>, { title, content, status, headers, wide }: Sheet): Response =>
  page(
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · ${config.appName}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>${config.appName}</header>
<main class="${wide ? 'wide' : 'narrow'}">
<h1>${title}</h1>
${content}
</main>
</body>
</html>`,
    { csp: CSP, status, headers },
  )

/** What went wrong, where a screen reader hears it first. */
export const alert = (message: string | undefined): Html => (message ? html`<p role="alert">${message}</p>` : html``)

interface Form {
  /** The page's own path: nothing of a query goes along. */
  action: string
  /** Sent along unseen. */
  hidden?: Readonly<Record<string, string>>
  fields?: readonly Html[]
  submit: string
}

/** A form that is posted to the page it is on. */
export const form = ({ action, hidden = {}, fields = [], submit }: Form): Html =>
  html`<form method="post" action="${action}">
${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${fields}
<button type="submit">${submit}</button>
</form>`

interface Field {
  name: string
  label: string
  type: 'email' | 'password' | 'text'
  /** What browsers fill in: `email`, `new-password` … (WHATWG autofill). */
  autocomplete: string
  hint?: string
  error?: string
  value?: string
}

/** A labelled field. What is wrong with it, or how it should be, is read out with it. */
export const field = ({ name, label, type, autocomplete, hint, error, value }: Field): Html =>
  html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${value ?? ''}" required aria-describedby="${name}-note" aria-invalid="${String(Boolean(error))}">
<p id="${name}-note" class="${error ? 'error' : 'hint'}">${error ? `${label} ${error}.` : hint}</p>`

/** What is wrong with a posted form, by field; nothing when it fits. The sentences are the schema's. */
export const faultsOf = (schema: TSchema, body: unknown): Record<string, string> =>
  Object.fromEntries(
    [...Value.Errors(schema, body)]
      .reverse()
      .map(({ path, schema: { error }, message }) => [path.slice(1), typeof error === 'string' ? error : message]),
  )
