import { Elysia, t } from 'elysia'
import { type App, type Context, Failure } from '#core'
import { form, type Html, html, router, sheet } from '#http'
import { confirmEmailChange, revertEmailChange } from './email-change'
import { type OneTimeToken, peekToken } from './one-time-token'
import type { TokenPurpose } from './schema'
import { verifyEmail } from './verify-email'

interface LinkPage {
  path: string
  purpose: TokenPurpose
  title: string
  /** What the button will do. */
  ask: (token: OneTimeToken) => Html
  submit: string
  act: (ctx: Context, secret: string) => Promise<{ email: string }>
  done: (user: { email: string }) => { title: string; content: Html }
  /** Where to get another link. */
  instead?: Html
}

const verify: LinkPage = {
  path: '/verify-email',
  purpose: 'verify_email',
  title: 'Confirm your address',
  ask: ({ email }) => html`<p>You are about to confirm that <strong>${email}</strong> is yours.</p>
<p class="muted">You did not create an account? Then close this page, and nothing happens.</p>`,
  submit: 'Confirm my address',
  act: verifyEmail,
  done: ({ email }) => ({
    title: 'Thank you',
    content: html`<p><strong>${email}</strong> is confirmed. You can close this page and go on where you were.</p>`,
  }),
  instead: html`<p><a href="/resend-verification">Send me a new link</a></p>`,
}

const confirm: LinkPage = {
  path: '/confirm-email-change',
  purpose: 'confirm_email_change',
  title: 'Confirm your new address',
  ask: ({ email, newEmail }) =>
    html`<p>Your account moves from <strong>${email}</strong> to <strong>${newEmail}</strong>. From then on you sign in with the new address.</p>`,
  submit: 'Use the new address',
  act: confirmEmailChange,
  done: ({ email }) => ({
    title: 'Your address has changed',
    content: html`<p>From now on sign in with <strong>${email}</strong>. The old address has been told how to take this back.</p>`,
  }),
}

const revert: LinkPage = {
  path: '/revert-email-change',
  purpose: 'revert_email_change',
  title: 'Take back the change',
  ask: ({ newEmail }) =>
    html`<p>Your account goes back to <strong>${newEmail}</strong>. Everybody who is signed in to it is signed out, and we mail you a link to choose a new password.</p>
<p>We then mail you a link to choose a new password.</p>`,
  submit: 'That was not me: take it back',
  act: revertEmailChange,
  done: ({ email }) => ({
    title: 'The change is taken back',
    content: html`<p>Your account belongs to <strong>${email}</strong> again, and everybody is signed out. A link to choose a new password is on its way to you.</p>`,
  }),
}

const Token = t.Object({ token: t.Optional(t.String()) })

/** Pages behind a mailed link. Looking at one uses nothing up, because mail scanners look; the button does. */
const linkPage = (app: App, { path, purpose, title, ask, submit, act, done, instead }: LinkPage) => {
  const orInstead = (error: unknown) => {
    if (!instead || !(error instanceof Failure) || error.code !== 'invalid_token') throw error
    return sheet(app, { title: 'This link has expired', status: 400, content: html`<p>${error.message}</p>${instead}` })
  }
  const show = async (ctx: Context, secret: string) => {
    const token = await peekToken(ctx, purpose, secret)
    return sheet(app, {
      title,
      content: html`${ask(token)}${form({ action: path, hidden: { token: secret }, submit })}`,
    })
  }
  return router(app, '')
    .get(path, ({ ctx, query }) => show(ctx, query.token ?? '').catch(orInstead), {
      page: true,
      tier: 'token',
      query: Token,
    })
    .post(
      path,
      ({ ctx, body }) =>
        act(ctx, body.token ?? '')
          .then((user) => sheet(app, done(user)))
          .catch(orInstead),
      {
        page: true,
        form: true,
        tier: 'token',
        body: Token,
      },
    )
}

/** `/verify-email`, `/confirm-email-change` and `/revert-email-change`. */
export const linkPages = (app: App) =>
  new Elysia({ name: 'link-pages' }).use(linkPage(app, verify)).use(linkPage(app, confirm)).use(linkPage(app, revert))
