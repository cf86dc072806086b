import { eq } from 'drizzle-orm'
import type { App } from '#core'
import { users } from '../../src/features/users/schema'

type Change = Partial<typeof users.$inferInsert>

/** Changes a person behind the API's back, as another process would: what is remembered of them lasts another second. */
export const changeUser = ({ app }: { app: App }, email: string, change: Change) =>
  app.database.transaction(async (tx) => void (await tx.update(users).set(change).where(eq(users.email, email))), {
    bookkeeping: true,
  })
