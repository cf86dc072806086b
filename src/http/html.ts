/** Markup that may be sent as it is. Only `html` and `trusted` make it. */
export interface Html {
  readonly markup: string
}

type Value = string | number | Html | null | undefined | false | readonly Value[]

/** Content-Security-Policy directives of one page, on top of the strict base. */
export type Csp = Readonly<Record<string, readonly string[]>>

interface PageOptions {
  csp?: Csp
  status?: number
  headers?: Readonly<Record<string, string>>
}

/** Nothing loads, nobody frames it, forms go to our own origin. A page adds what it needs. */
const BASE: Csp = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as markup, in an element or in a quoted attribute. ASVS 5.0 V1.2.1. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')

/** A template whose values are escaped, unless they are `Html` themselves. Nothing, false and lists are fine. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: strings.map((text, at) => text + render(values[at])).join(''),
})

/** Says that this text is markup. Never for anything that somebody sent. */
export const trusted = (markup: string): Html => ({ markup })

/** What a CSP needs to let exactly this inline style or script through. */
export const inlineHash = (text: string) => `'sha256-${new Bun.CryptoHasher('sha256').update(text).digest('base64')}'`

/** Directives as one header value, on top of the strict base. */
export const cspHeader = (csp: Csp = {}) =>
  Object.entries({ ...BASE, ...csp })
    .map(([name, sources]) => [name, ...sources].join(' '))
    .join('; ')

/** A page rendered on the server. Not stored by anybody, unless `headers` say so. */
export const page = (content: Html, { csp, status = 200, headers }: PageOptions = {}): Response =>
  new Response(`<!doctype html>\n${content.markup}`, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': cspHeader(csp),
      'cache-control': 'private, no-store',
      ...headers,
    },
  })

const render = (value: Value): string => {
  if (value === null || value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return 'markup' in value ? value.markup : value.map(render).join('')
}
