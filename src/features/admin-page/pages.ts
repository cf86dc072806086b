import { t } from 'elysia'
import { type App, randomToken } from '#core'
import { codingFor, html, httpFailures, page, router, sheet } from '#http'
import { builtFile, bundleOf, NotBuilt } from './bundle'

const ASSETS = '/admin/assets'
/** A year: a file's name changes with its content. */
const IMMUTABLE = 'public, max-age=31536000, immutable'

/** `/admin` and all that lies below it: one document; the script in it looks at the path. */
export const pages = (app: App) =>
  router(app, '')
    .get('/admin', ({ request }) => document(app, request), { page: true })
    .get('/admin/*', ({ request }) => document(app, request), { page: true })
    .get(`${ASSETS}/:file`, ({ params, request }) => asset(app, params.file, request), {
      page: true,
      params: t.Object({ file: t.String({ maxLength: 200 }) }),
    })

const document = async (app: App, request: Request): Promise<Response> => {
  try {
    const { script, styles, preload } = await bundleOf(app)()
    return shell(app.config.appName, mayBeSignedIn(request), { script, styles, preload })
  } catch (error) {
    if (!(error instanceof NotBuilt)) throw error
    const content = html`<p>It has not been built.</p><pre>${error.message}</pre>`
    return sheet(app, { title: 'The admin page', content, status: 503 })
  }
}

/** A script cannot see the cookies; with none there is no use in asking who is signed in. */
const mayBeSignedIn = (request: Request) => /(?:access|refresh)=/.test(request.headers.get('cookie') ?? '')

/**
 * Nothing inline, nothing from elsewhere. Mantine writes style elements of its own; a nonce lets those in, and no other.
 */
const shell = (name: string, signedIn: boolean, files: { script: string; styles: string; preload: string[] }) => {
  const nonce = randomToken(16)
  return page(
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="app-name" content="${name}">
<meta name="signed-in" content="${signedIn ? 'perhaps' : 'no'}">
<meta name="style-nonce" content="${nonce}">
<title>${name} admin</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${ASSETS}/${files.styles}">
${files.preload.map((file) => html`<link rel="modulepreload" href="${ASSETS}/${file}">\n`)}<script type="module" src="${ASSETS}/${files.script}"></script>
</head>
<body>
<div id="root"></div>
<noscript>The admin page needs JavaScript.</noscript>
</body>
</html>`,
    {
      csp: {
        'script-src': ["'self'"],
        'style-src': ["'self'", `'nonce-${nonce}'`],
        'img-src': ["'self'", 'data:', 'blob:'],
        'connect-src': ["'self'"],
        'frame-src': ["'self'"],
      },
    },
  )
}

const asset = async (app: App, name: string, request: Request): Promise<Response> => {
  const built = await builtFile(app)(name)
  const file = built?.files[name]
  if (!built || !file) throw httpFailures.NOT_FOUND()
  const wanted = codingFor(request.headers.get('accept-encoding'))
  const coding = wanted && file.codings.includes(wanted) ? wanted : undefined
  return new Response(Bun.file(built.path(name, coding)), {
    headers: {
      'content-type': file.type,
      'cache-control': IMMUTABLE,
      ...(coding ? { 'content-encoding': coding } : {}),
    },
  })
}
