import { type App, type Context, contextOf, defineFeature } from '#core'
import { journal, transaction } from '#db'
import { auth } from '#features/auth'
import { findById, person, users, userUpdated } from '#features/users'
import { router } from '#http'
import { type Person, type TestApp, type TestOptions, testApp } from '#tests'
import { apiKeys } from '.'

declare global {
  interface FeaturePermissions extends Record<'probes:read' | 'probes:write', string> {}
}

/** Routes that ask for permissions, and tell who calls. */
const probe = defineFeature({
  name: 'probe',
  permissions: { 'probes:read': 'Look', 'probes:write': 'Touch' },
  routes: (app: App) =>
    router(app, '/probes')
      .get('/', ({ ctx }) => ({ actor: ctx.actor.type, permissions: [...ctx.actor.permissions].sort() }), {
        auth: 'user',
      })
      .get('/read', () => ({ ok: true }), { permission: 'probes:read' })
      .get('/write', () => ({ ok: true }), { permission: 'probes:write' })
      .get('/verified', () => ({ ok: true }), { auth: 'user', verified: true }),
})

/** A house with nothing but the base, API keys and a feature that has permissions. */
export const keyHouse = (options: TestOptions = {}) => testApp({ ...options, features: [users, auth, apiKeys, probe] })

/** Makes a key through the API. */
export const keyOf = async (owner: Person, body: Record<string, unknown> = {}) => {
  const { id, secret } = await owner.post('/api-keys', { name: 'ci', scopes: [], ...body }).json()
  return { id: String(id), secret: String(secret) }
}

/** Changes rows about a person as an admin's verb would: with an event in the same transaction. */
export const changeUser = async ({ app }: TestApp, { id }: { id: string }, statement: string) => {
  const ctx: Context = contextOf(app, { actor: { type: 'system', name: 'test' } })
  await transaction(ctx, async (tx) => {
    const user = await findById(tx, id)
    if (!user) throw new Error('There is no such person')
    await tx.run(`update users set ${statement} where id = '${id}'`)
    await journal.record(tx, ctx, userUpdated, { ...person(user), before: {}, after: {} })
  })
}

/** A role with these permissions. */
export const addRole = ({ app }: TestApp, name: string, permissions: string[]) =>
  app.database.transaction(
    async (tx) =>
      void (await tx.run(
        `insert into roles (name, description, permissions, created_at, updated_at) values ('${name}', '', '${JSON.stringify(permissions)}', 0, 0)`,
      )),
    { bookkeeping: true },
  )
