import { t } from 'elysia'
import { type App, type Context, Failure } from '#core'
import { faultsOf, field, form, html, router, sheet } from '#http'
import { makeFirstAdmin, peekSetup } from './first-admin'
import { FirstAdmin } from './models'

const PATH = '/admin/setup'
const fieldOf = () => t.Optional(t.String())
const Answers = t.Object({ token: fieldOf(), name: fieldOf(), email: fieldOf(), password: fieldOf() })
type Answers = typeof Answers.static

/** `/admin/setup`: makes the first admin, behind the link that is printed at start. */
export const setupPage = (app: App) => {
  const show = async (ctx: Context, { token = '', name, email }: Answers, faults: Record<string, string> = {}) => {
    await peekSetup(ctx, token)
    const hint = `At least ${app.config.passwordMinLength} characters. A few unrelated words are good.`
    const fields = [
      field({ name: 'name', label: 'Name', type: 'text', autocomplete: 'name', value: name, error: faults.name }),
      field({
        name: 'email',
        label: 'Address',
        type: 'email',
        autocomplete: 'email',
        value: email,
        error: faults.email,
      }),
      field({
        name: 'password',
        label: 'Password',
        type: 'password',
        autocomplete: 'new-password',
        hint,
        error: faults.password,
      }),
    ]
    const ask = form({ action: PATH, hidden: { token }, fields, submit: 'Make me the admin' })
    const content = html`<p>Whoever fills this in may do everything here. The link works once.</p>${ask}`
    return sheet(app, { title: 'The first admin', content, status: Object.keys(faults).length > 0 ? 422 : 200 })
  }
  const make = async (ctx: Context, answers: Answers) => {
    const { token = '', name = '', email = '', password = '' } = answers
    const faults = faultsOf(FirstAdmin, { token, name, email, password })
    if (Object.keys(faults).length > 0) return await show(ctx, answers, faults)
    try {
      const admin = await makeFirstAdmin(ctx, { token, name, email, password })
      const content = html`<p>Sign in with <strong>${admin.email}</strong> and your password at <a href="/admin">the admin page</a>.</p>`
      return sheet(app, { title: 'You are the admin', content, status: 201 })
    } catch (error) {
      return await show(ctx, answers, faultOf(error))
    }
  }
  return router(app, '')
    .get(PATH, ({ ctx, query }) => show(ctx, query), { page: true, tier: 'token', query: Answers })
    .post(PATH, ({ ctx, body }) => make(ctx, body), { page: true, form: true, tier: 'token', body: Answers })
}

/** What the verb refused with, at the field that it is about. Throws what belongs to none. */
const faultOf = (error: unknown): Record<string, string> => {
  if (!(error instanceof Failure)) throw error
  if (error.code === 'email_taken') return { email: 'belongs to an account already' }
  if (error.code === 'weak_password') return { password: error.details.errors?.[0]?.message ?? error.message }
  throw error
}
