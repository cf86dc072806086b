import { html, page } from '../html'

interface PageOptions {
  name: string
  version: string
  versions: readonly string[]
  /** Folder of the assets. */
  base: string
  appUrl: string
}

/** The documents as a page: Swagger UI from our own origin, under a policy that lets nothing else load. */
export const swaggerPage = ({ name, version, versions, base, appUrl }: PageOptions): Response => {
  const others = versions.map((one) =>
    one === version ? html` <strong>${one}</strong>` : html` <a href="/swagger?version=${one}">${one}</a>`,
  )
  return page(
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name} API ${version}</title>
<link rel="icon" type="image/png" href="${base}/favicon-32x32.png">
<link rel="stylesheet" href="${base}/swagger-ui.css">
</head>
<body>
<nav class="swagger-ui"><div class="wrapper"><p>Version:${others} · <a href="/swagger/json?version=${version}">OpenAPI document</a></p></div></nav>
<div id="swagger-ui" data-url="/swagger/json?version=${version}"></div>
<script src="${base}/swagger-ui-bundle.js"></script>
<script src="${base}/init.js"></script>
</body>
</html>`,
    {
      csp: {
        'script-src': ["'self'"],
        // Swagger UI writes style attributes; styles cannot call home.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        // "Try it out" calls the API under its public address, which may not be the one this page came from.
        'connect-src': ["'self'", appUrl],
      },
      headers: { 'cache-control': 'no-cache' },
    },
  )
}
