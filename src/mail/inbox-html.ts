import type { InboxMail } from '#adapters/mailer/port'
import { type Html, html, trusted } from '#http'
import { STYLE } from './inbox-style'

/** Seconds after which the page looks for new mail, unless one is being read. */
const REFRESH = 5

/** The page: all mails on the left, the chosen one (the newest, unless told) on the right. */
export const inboxHtml = (app: string, mails: readonly InboxMail[], chosenId?: string): Html => {
  const chosen = chosenId ? mails.find((mail) => mail.id === chosenId) : mails[0]
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${chosenId ? '' : html`<meta http-equiv="refresh" content="${REFRESH}">`}
<title>${chosen ? `${chosen.subject} · Inbox` : 'Inbox'} · ${app}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header><a href="/dev/mail"><strong>${app}</strong> inbox</a>
<span>${mails.length === 1 ? '1 mail' : `${mails.length} mails`} · nothing here has left this machine · <a href="/dev/mail.json">JSON</a></span></header>
<main>
<nav aria-label="Mails"><ol>${mails.map((mail) => item(mail, mail === chosen))}</ol></nav>
${chosen ? view(chosen) : nothing(chosenId)}
</main>
</body>
</html>`
}

const item = ({ id, to, subject, createdAt }: InboxMail, current: boolean) =>
  html`<li><a href="/dev/mail?id=${id}" aria-current="${String(current)}"><strong>${subject}</strong><span>${to}</span>${time(createdAt)}</a></li>
`

const view = ({ to, subject, html: content, text, template, createdAt }: InboxMail) => html`<section>
<h1>${subject}</h1>
<p class="meta">To <b>${to}</b> · ${template} · ${time(createdAt)}</p>
<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${opening(content)}"></iframe>
<details open><summary>The same as text</summary><pre>${linked(text)}</pre></details>
</section>`

const nothing = (chosenId: string | undefined) =>
  html`<section class="empty"><p>${
    chosenId ? 'This mail is no longer here.' : 'No mail yet. Whatever the application sends shows up here by itself.'
  }</p></section>`

/** Links of the mail open beside the inbox, not inside the frame. */
const opening = (content: string) => content.replace(/<head[^>]*>/, '$&<base target="_blank">')

const URLS = /(https?:\/\/[^\s<>"')\]]+)/

/** The text with its addresses as links: `split` leaves them at the odd places. */
const linked = (text: string) =>
  text
    .split(URLS)
    .map((part, at) => (at % 2 === 1 ? html`<a href="${part}" target="_blank" rel="noopener">${part}</a>` : part))

const time = (iso: string) => html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
