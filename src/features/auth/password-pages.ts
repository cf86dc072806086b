import { Elysia, t } from 'elysia'
import { type App, type Context, Failure } from '#core'
import { faultsOf, field, form, html, router, sheet } from '#http'
import { Email } from './models'
import { peekToken } from './one-time-token'
import { forgotPassword, resetPassword } from './password'
import { resendVerification } from './verify-email'

interface MailPage {
  path: string
  title: string
  lead: string
  submit: string
  act: (ctx: Context, email: string) => Promise<void>
  done: string
}

const forgot: MailPage = {
  path: '/forgot-password',
  title: 'Forgot your password?',
  lead: 'Tell us your address, and we mail you a link to choose a new one.',
  submit: 'Mail me a link',
  act: forgotPassword,
  done: 'If there is an account with this address, a link is on its way. It works for 15 minutes.',
}

const resend: MailPage = {
  path: '/resend-verification',
  title: 'A new link',
  lead: 'Tell us your address, and we mail you another link to confirm it.',
  submit: 'Mail me a link',
  act: resendVerification,
  done: 'If the address needs to be confirmed, a new link is on its way. It works for 24 hours.',
}

const EmailForm = t.Object({ email: Email })
const Address = t.Object({ email: t.Optional(t.String()) })

/** Pages that ask for an address and say the same whatever it is. */
const mailPage = (app: App, { path, title, lead, submit, act, done }: MailPage) => {
  const ask = (email = '', error?: string) => {
    const input = field({ name: 'email', label: 'Address', type: 'email', autocomplete: 'email', value: email, error })
    const content = html`<p>${lead}</p>${form({ action: path, fields: [input], submit })}`
    return sheet(app, { title, content, status: error ? 422 : 200 })
  }
  return router(app, '')
    .get(path, () => ask(), { page: true })
    .post(
      path,
      async ({ ctx, body: { email = '' } }) => {
        const fault = faultsOf(EmailForm, { email }).email
        if (fault) return ask(email, fault)
        await act(ctx, email)
        return sheet(app, { title: 'Look into your inbox', content: html`<p>${done}</p>`, status: 202 })
      },
      { page: true, form: true, tier: 'mail', body: Address },
    )
}

const NewPassword = t.Object({ token: t.Optional(t.String()), password: t.Optional(t.String()) })
const RESET = '/reset-password'

/** `/reset-password`: a weak password is told so and uses nothing up; a link that is over leads to a new one. */
const resetPage = (app: App) => {
  const show = async (ctx: Context, token: string, error?: string) => {
    const { email } = await peekToken(ctx, 'reset_password', token)
    const account = html`<input type="email" name="username" autocomplete="username" value="${email ?? ''}" readonly hidden>`
    const hint = `At least ${app.config.passwordMinLength} characters. A few unrelated words are good.`
    const label = 'New password'
    const input = field({ name: 'password', label, type: 'password', autocomplete: 'new-password', hint, error })
    const choose = form({ action: RESET, hidden: { token }, fields: [account, input], submit: 'Set the password' })
    const content = html`<p>Whoever is signed in to the account of <strong>${email}</strong> is signed out.</p>${choose}`
    return sheet(app, { title: 'Choose a new password', content, status: error ? 422 : 200 })
  }
  const orExpired = (error: unknown) => {
    if (!(error instanceof Failure) || error.code !== 'invalid_token') throw error
    const content = html`<p>${error.message}</p><p><a href="/forgot-password">Mail me a new link</a></p>`
    return sheet(app, { title: 'This link has expired', status: 400, content })
  }
  const set = async (ctx: Context, token: string, password: string) => {
    try {
      await resetPassword(ctx, { token, password })
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'weak_password') throw error
      return await show(ctx, token, error.details.errors?.[0]?.message ?? error.message)
    }
    const content = html`<p>Sign in with it from now on. Everybody who was signed in to your account is signed out.</p>`
    return sheet(app, { title: 'Your password is set', content })
  }
  return router(app, '')
    .get(RESET, ({ ctx, query }) => show(ctx, query.token ?? '').catch(orExpired), {
      page: true,
      tier: 'token',
      query: NewPassword,
    })
    .post(RESET, ({ ctx, body }) => set(ctx, body.token ?? '', body.password ?? '').catch(orExpired), {
      page: true,
      form: true,
      tier: 'token',
      body: NewPassword,
    })
}

/** `/forgot-password`, `/resend-verification` and `/reset-password`. */
export const passwordPages = (app: App) =>
  new Elysia({ name: 'password-pages' }).use(mailPage(app, forgot)).use(mailPage(app, resend)).use(resetPage(app))
