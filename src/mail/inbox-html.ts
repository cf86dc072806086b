import type { InboxMail } from '#adapters/mailer/port'

/** Seconds after which the page looks for new mail, unless one is being read. */
const REFRESH = 5

const safe = Bun.escapeHTML

/** The page: all mails on the left, the chosen one (the newest, unless told) on the right. */
export const inboxHtml = (app: string, mails: readonly InboxMail[], chosenId?: string): string => {
  const chosen = chosenId ? mails.find((mail) => mail.id === chosenId) : mails[0]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${chosenId ? '' : `<meta http-equiv="refresh" content="${REFRESH}">`}
<title>${safe(chosen ? `${chosen.subject} · Inbox` : 'Inbox')} · ${safe(app)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><a href="/dev/mail"><strong>${safe(app)}</strong> inbox</a>
<span>${mails.length === 1 ? '1 mail' : `${mails.length} mails`} · nothing here has left this machine · <a href="/dev/mail.json">JSON</a></span></header>
<main>
<nav aria-label="Mails">${mails.length > 0 ? `<ol>${mails.map((mail) => item(mail, mail === chosen)).join('')}</ol>` : ''}</nav>
${chosen ? view(chosen) : `<section class="empty"><p>${chosenId ? 'This mail is no longer here.' : 'No mail yet. Whatever the application sends shows up here by itself.'}</p></section>`}
</main>
</body>
</html>`
}

const item = ({ id, to, subject, createdAt }: InboxMail, current: boolean) =>
  `<li><a href="/dev/mail?id=${encodeURIComponent(id)}"${current ? ' aria-current="true"' : ''}><strong>${safe(subject)}</strong><span>${safe(to)}</span>${time(createdAt)}</a></li>`

const view = ({ to, subject, html, text, template, createdAt }: InboxMail) => `<section>
<h1>${safe(subject)}</h1>
<p class="meta">To <b>${safe(to)}</b> · ${safe(template)} · ${time(createdAt)}</p>
<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${safe(opening(html))}"></iframe>
<details open><summary>The same as text</summary><pre>${linked(text)}</pre></details>
</section>`

/** Links of the mail open beside the inbox, not inside the frame. */
const opening = (html: string) => html.replace(/<head[^>]*>/, '$&<base target="_blank">')

const URLS = /(https?:\/\/[^\s<>"')\]]+)/

const linked = (text: string) =>
  text
    .split(URLS)
    .map((part, index) =>
      index % 2 === 1 ? `<a href="${safe(part)}" target="_blank" rel="noopener">${safe(part)}</a>` : safe(part),
    )
    .join('')

const time = (iso: string) => `<time datetime="${safe(iso)}">${safe(iso.slice(0, 19).replace('T', ' '))} UTC</time>`

const STYLE = `
:root { --ink: #1a1a22; --muted: #63636e; --line: #e4e4e9; --paper: #f4f4f6; --card: #fff; --accent: #2f4bd8; --tint: #f1f3fd }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f6; --muted: #a4a4b2; --line: #34343f; --paper: #131318; --card: #1d1d24; --accent: #9fb0ff; --tint: #262a3d } }
* { box-sizing: border-box }
body { margin: 0; display: flex; flex-direction: column; height: 100vh; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
a { color: var(--accent) }
header { display: flex; flex-wrap: wrap; gap: 4px 16px; justify-content: space-between; padding: 12px 20px; border-bottom: 1px solid var(--line) }
header > a { color: var(--ink); text-decoration: none }
header span, .meta, time { color: var(--muted); font-size: 13px }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(240px, 340px) 1fr }
nav { overflow: auto; border-right: 1px solid var(--line) }
ol { list-style: none; margin: 0; padding: 8px }
li + li { margin-top: 4px }
li a { display: flex; flex-direction: column; padding: 10px 12px; border-radius: 8px; color: var(--ink); text-decoration: none; overflow-wrap: anywhere }
li a:hover { background: var(--tint) }
li a[aria-current] { background: var(--card); box-shadow: 0 0 0 1px var(--line) }
section { overflow: auto; padding: 20px; display: flex; flex-direction: column }
h1 { margin: 0; font-size: 20px; overflow-wrap: anywhere }
.meta { margin: 4px 0 16px; overflow-wrap: anywhere }
iframe { flex: none; width: 100%; height: 640px; border: 1px solid var(--line); border-radius: 10px; background: var(--card) }
summary { margin: 16px 0 8px; cursor: pointer; color: var(--muted) }
pre { margin: 0; padding: 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.6 ui-monospace, monospace }
.empty { align-items: center; justify-content: center; color: var(--muted) }
@media (max-width: 720px) { body { height: auto } main { display: block } nav { max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line) } }
`
