import { and, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Context } from '#core'
import { alive } from '#db'
import { users } from './schema'

/** How many people there are, and how many of what kind; each counted in an index of its own. */
export const totals = async ({ db, now }: Context): Promise<Record<string, number>> => {
  const people = await db.$count(users, alive(users))
  const unverified = await db.$count(users, and(isNull(users.emailVerifiedAt), alive(users)))
  const banHolds = sql`(${users.bannedUntil} is null or ${users.bannedUntil} > ${now.getTime()})`
  return {
    users: people,
    verifiedUsers: people - unverified,
    bannedUsers: await db.$count(users, and(isNotNull(users.bannedAt), banHolds, alive(users))),
    deletedUsers: await db.$count(users, isNotNull(users.deletedAt)),
  }
}
