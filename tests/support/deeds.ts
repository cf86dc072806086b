import { eq } from 'drizzle-orm'
import { type App, newId } from '#core'
import { indexPerson } from '#features/users'
import { roles, users } from '../../src/features/users/schema'

type Change = Partial<typeof users.$inferInsert>

/** Changes a person behind the API's back, as another process would: what is remembered of them lasts another second. */
export const changeUser = ({ app }: { app: App }, email: string, change: Change) =>
  app.database.transaction(async (tx) => void (await tx.update(users).set(change).where(eq(users.email, email))), {
    bookkeeping: true,
  })

/** Adds `n` people behind the API's back, found by search too: `made` says how the i-th differs. Returns their ids. */
export const addPeople = async ({ app }: { app: App }, n: number, made: (i: number) => Change = () => ({})) => {
  const now = app.clock.now()
  const people = Array.from({ length: n }, (_, i) => ({
    id: newId(),
    email: `person${i}@crowd.example`,
    name: `Person ${i}`,
    role: 'user',
    emailVerifiedAt: now,
    createdAt: now,
    updatedAt: now,
    ...made(i),
  }))
  await app.database.transaction(
    async (tx) => {
      for (const person of people) {
        await tx.insert(users).values(person)
        if (!person.deletedAt) await indexPerson(tx, person)
      }
    },
    { bookkeeping: true },
  )
  return people.map(({ id }) => id)
}

/** Makes a role behind the API's back. */
export const addRole = ({ app }: { app: App }, name: string, permissions: string[]) => {
  const now = app.clock.now()
  const role = { name, description: '', permissions, createdAt: now, updatedAt: now }
  return app.database.transaction(async (tx) => void (await tx.insert(roles).values(role)), { bookkeeping: true })
}
