import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import type { Signed } from '#core'
import { prepared } from '#db'
import { apiKeys } from './schema'

/** The live key with this secret, or whose secret this was until its last rotation, while that still works. */
export const byDigest = prepared((db) => {
  const digest = sql.placeholder('digest')
  const previous = and(eq(apiKeys.previousDigest, digest), gt(apiKeys.previousUntil, sql.placeholder('now')))
  return db
    .select()
    .from(apiKeys)
    .where(and(or(eq(apiKeys.digest, digest), previous), isNull(apiKeys.revokedAt)))
    .prepare()
})

/** Somebody's keys that have not been revoked; the one with this id, if told. */
export const ofPerson = (userId: string, id?: string) =>
  and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt), id === undefined ? undefined : eq(apiKeys.id, id))

/** The caller's keys that have not been revoked; the one with this id, if told. */
export const mine = (ctx: Signed, id?: string) => ofPerson(ctx.actor.userId, id)
