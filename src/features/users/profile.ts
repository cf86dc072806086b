import { and, eq, sql } from 'drizzle-orm'
import type { Signed } from '#core'
import { journal, transaction } from '#db'
import { expectPicture } from './avatar'
import { userUpdated } from './events'
import { failures } from './failures'
import { findById } from './find'
import type { ProfileChange } from './models'
import { knownById } from './people'
import { type User, users } from './schema'
import { indexPerson } from './search-index'
import { entityTag, person } from './view'

/** Who is signed in. */
export const me = async (ctx: Signed): Promise<User> => {
  const user = await knownById(ctx, ctx.actor.userId)
  if (!user) throw failures.USER_NOT_FOUND()
  return user
}

/**
 * Changes one's own profile. With `ifMatch` only if the profile's entity tag is among those.
 * Throws NOTHING_TO_CHANGE, STALE_USER, and VALIDATION_FAILED for an avatar that is not one's own picture.
 */
export const updateProfile = (ctx: Signed, change: ProfileChange, ifMatch?: string): Promise<User> => {
  const fields = { ...change, ...(change.name === undefined ? {} : { name: change.name.trim() }) }
  if (Object.keys(fields).length === 0) throw failures.NOTHING_TO_CHANGE()
  return transaction(ctx, async (tx) => {
    const before = await findById(tx, ctx.actor.userId)
    if (!before || !matches(ifMatch, entityTag(before))) throw failures.STALE_USER()
    if (fields.avatarFileId) await expectPicture(tx, ctx, before.id, fields.avatarFileId)
    const [after] = await tx
      .update(users)
      .set({ ...fields, updatedAt: ctx.now, version: sql`${users.version} + 1` })
      .where(and(eq(users.id, before.id), eq(users.version, before.version)))
      .returning()
    if (!after) throw failures.STALE_USER()
    await indexPerson(tx, after)
    await journal.record(tx, ctx, userUpdated, {
      ...person(after),
      before: pick(before, fields),
      after: pick(after, fields),
    })
    return after
  })
}

/** `If-Match` with its list and its `*`; weak tags never match (RFC 9110 13.1.1). */
const matches = (ifMatch: string | undefined, tag: string) =>
  ifMatch === undefined || ifMatch.split(',').some((one) => one.trim() === tag || one.trim() === '*')

const pick = (user: User, fields: ProfileChange) =>
  Object.fromEntries(Object.entries(user).filter(([key]) => key in fields))
