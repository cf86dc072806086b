import { and, eq, isNull, sql } from 'drizzle-orm'
import { type Context, digest, type Tx } from '#core'
import { bookkeeping, prepared } from '#db'
import type { User } from '#features/users'
import { users } from '../users/schema'
import { passwords } from './schema'

/** A person and the password hash that was theirs when it was looked at. */
export interface Account {
  user: User
  hash: string
}

// One statement, so that an address that nobody has takes as long as any other.
const byEmail = prepared((db) =>
  db
    .select({ user: users, hash: passwords.hash })
    .from(users)
    .leftJoin(passwords, eq(passwords.userId, users.id))
    .where(and(eq(users.email, sql.placeholder('email')), isNull(users.deletedAt)))
    .prepare(),
)

/** The person with this address in its canonical spelling, unless deleted, and their hash, if they have a password. */
export const findAccount = async (ctx: Context, email: string): Promise<Partial<Account>> => {
  const found = await byEmail(ctx.db).get({ email })
  return { user: found?.user, hash: found?.hash ?? undefined }
}

/** What tells one password of a person from the next, and says nothing about it. */
export const markOf = ({ hash }: Account) => digest(hash)

/** True if the person's password is still the one that this mark was made of. */
export const isCurrent = async (tx: Tx, userId: string, mark: string): Promise<boolean> => {
  const [stored] = await tx.select({ hash: passwords.hash }).from(passwords).where(eq(passwords.userId, userId))
  return stored !== undefined && digest(stored.hash) === mark
}

/** Makes the hash anew if its parameters are not today's. Returns the account with the hash that counts. */
export const rehashed = async (ctx: Context, account: Account, password: string): Promise<Account> => {
  if (!ctx.passwords.outdated(account.hash)) return account
  const hash = await ctx.passwords.hash(password)
  const mine = and(eq(passwords.userId, account.user.id), eq(passwords.hash, account.hash))
  const [changed] = await bookkeeping(ctx, (tx) => tx.update(passwords).set({ hash }).where(mine).returning())
  return changed ? { ...account, hash } : account
}
