import { type Context, holds, type Page, type Signed } from '#core'
import type { PageRequest } from '#db'
import { findById, namesOf, userFailures } from '#features/users'
import type { ActivityQuery } from './models'
import { type Activity, activity, peopleIn } from './sentence'

/** What happened around the caller, newest first. Throws VALIDATION_FAILED for a cursor of another list. */
export const mine = (ctx: Signed, query: ActivityQuery): Promise<Page<Activity>> => feedOf(ctx, ctx.actor.userId, query)

/**
 * The same for anybody, if it is oneself or with the permission `activities:read`. Somebody who has been erased still
 * has a feed, without names. Throws USER_NOT_FOUND: not there, or not yours to see.
 */
export const ofPerson = async (ctx: Signed, userId: string, query: ActivityQuery): Promise<Page<Activity>> => {
  if (userId === ctx.actor.userId) return mine(ctx, query)
  if (!holds(ctx.actor.permissions, 'activities:read')) throw userFailures.USER_NOT_FOUND()
  const feed = await feedOf(ctx, userId, query)
  if (feed.data.length === 0 && !(await isKnown(ctx, userId))) throw userFailures.USER_NOT_FOUND()
  return feed
}

const feedOf = async (ctx: Context, userId: string, query: PageRequest & ActivityQuery): Promise<Page<Activity>> => {
  const { type, after, before } = query
  const { data, meta } = await ctx.journal.list(ctx, query, {
    userId,
    ...(type !== undefined && { type }),
    ...(after !== undefined && { after: new Date(after) }),
    ...(before !== undefined && { before: new Date(before) }),
  })
  const names = await namesOf(ctx, peopleIn(data))
  return { data: data.map((event) => activity(ctx, event, names)), meta }
}

/**
 * All that the journal holds about somebody, oldest first: for the copy of their data. Where somebody else acted from is
 * not theirs to have.
 */
export const historyOf = async (ctx: Context, userId: string) => {
  const history: (Activity & { details: unknown; ip: string | null; userAgent: string | null })[] = []
  for await (const events of ctx.journal.scan({ userId })) {
    const names = await namesOf(ctx, peopleIn(events))
    for (const event of events) {
      const own = event.actorId === userId && event.impersonatorId === null
      const { ip, userAgent } = own ? event : { ip: null, userAgent: null }
      history.push({ ...activity(ctx, event, names), details: event.payload, ip, userAgent })
    }
  }
  return history
}

/** There, or gone and still in the journal. */
const isKnown = async (ctx: Context, userId: string) =>
  (await findById(ctx.db, userId)) !== undefined ||
  (await ctx.journal.list(ctx, { limit: '1' }, { userId })).data.length > 0
