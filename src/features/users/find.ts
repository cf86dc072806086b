import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Context } from '#core'
import { prepared, type Reader } from '#db'
import { failures } from './failures'
import { roles, users } from './schema'

const byId = prepared((db) =>
  db
    .select()
    .from(users)
    .where(and(eq(users.id, sql.placeholder('id')), isNull(users.deletedAt)))
    .prepare(),
)
const byEmail = prepared((db) =>
  db
    .select()
    .from(users)
    .where(and(eq(users.email, sql.placeholder('email')), isNull(users.deletedAt)))
    .prepare(),
)
const roleByName = prepared((db) =>
  db
    .select()
    .from(roles)
    .where(eq(roles.name, sql.placeholder('name')))
    .prepare(),
)

type Source = Pick<Reader, 'statement'>

/** One spelling per address. */
export const canonicalEmail = (email: string) => email.trim().toLowerCase()

/** The person with this id, unless deleted. */
export const findById = async (db: Source, id: string) => await byId(db).get({ id })

/** The person with this address in its canonical spelling, unless deleted. */
export const findByEmail = async (db: Source, email: string) => await byEmail(db).get({ email })

/** The person with this id. Throws USER_NOT_FOUND. */
export const get = async (ctx: Context, id: string) => {
  const user = await findById(ctx.db, id)
  if (!user) throw failures.USER_NOT_FOUND()
  return user
}

/** What a role allows; nothing for a role that is gone. */
export const permissionsOf = async (db: Source, role: string): Promise<readonly string[]> =>
  (await roleByName(db).get({ name: role }))?.permissions ?? []

/** True while a ban holds. */
export const isBanned = (user: { bannedAt: Date | null; bannedUntil: Date | null }, now: Date) =>
  user.bannedAt !== null && (user.bannedUntil === null || user.bannedUntil > now)
