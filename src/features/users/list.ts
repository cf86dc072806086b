import { and, asc, eq, gt, gte, isNotNull, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import { type Context, holds, type Page } from '#core'
import { alive, type PageRequest, paginate } from '#db'
import { failures } from './failures'
import { DEFAULT_ROLE } from './roles'
import { type User, users } from './schema'
import { type UserDetail, viewDetail } from './view'

/** Which people, as it arrives in a query. */
export interface PeopleFilter {
  role?: string
  status?: 'active' | 'banned' | 'deleted'
  verified?: 'true' | 'false'
  createdAfter?: string
  createdBefore?: string
  deleted?: 'with' | 'only'
}

export const SORTS = { createdAt: users.createdAt, name: users.name, email: users.email, lastSeenAt: users.lastSeenAt }

/** People who meet all of the filter, a page of them. Throws DELETED_HIDDEN, and what a bad cursor throws. */
export const list = (ctx: Context, query: PageRequest & PeopleFilter): Promise<Page<UserDetail>> => {
  const { role, status, verified, createdAfter, createdBefore, deleted } = query
  if ((deleted !== undefined || status === 'deleted') && !seesDeleted(ctx)) throw failures.DELETED_HIDDEN()
  return paginate(ctx, query, {
    from: users,
    where: matching(query, ctx.now),
    sort: SORTS,
    id: users.id,
    filter: { role, status, verified, createdAfter, createdBefore, deleted },
    view: (user) => viewDetail(user, ctx.now),
  })
}

/** Deleted people are there for those who may bring them back. */
export const seesDeleted = ({ actor }: Context): boolean =>
  actor.type === 'system' || ('permissions' in actor && holds(actor.permissions, 'users:delete'))

/** The condition that somebody meets a filter. */
export const matching = (filter: PeopleFilter, now: Date): SQL | undefined => {
  const { role, status, verified, createdAfter, createdBefore } = filter
  const verifiedAt = users.emailVerifiedAt
  return and(
    scopeOf(filter),
    role === undefined ? undefined : hasRole(role),
    status === 'banned' ? isBannedAt(now) : undefined,
    status === 'active' ? isFreeAt(now) : undefined,
    verified === undefined ? undefined : verified === 'true' ? isNotNull(verifiedAt) : isNull(verifiedAt),
    createdAfter === undefined ? undefined : gte(users.createdAt, new Date(createdAfter)),
    createdBefore === undefined ? undefined : lt(users.createdAt, new Date(createdBefore)),
  )
}

const scopeOf = ({ deleted, status }: PeopleFilter) => {
  if (deleted === 'only' || status === 'deleted') return isNotNull(users.deletedAt)
  return deleted === 'with' ? undefined : alive(users)
}

// Nearly everybody has the default role: found by its index, they would all have to be sorted. The plus keeps it away.
const hasRole = (role: string) => (role === DEFAULT_ROLE ? sql`+${users.role} = ${role}` : eq(users.role, role))

const isBannedAt = (now: Date) =>
  and(isNotNull(users.bannedAt), or(isNull(users.bannedUntil), gt(users.bannedUntil, now)))
const isFreeAt = (now: Date) =>
  or(isNull(users.bannedAt), and(isNotNull(users.bannedUntil), lte(users.bannedUntil, now)))

/** Anybody, deleted or not, for those who may see it. Throws USER_NOT_FOUND. */
export const getAnybody = async (ctx: Context, userId: string): Promise<User> => {
  const [user] = await ctx.db.select().from(users).where(eq(users.id, userId))
  if (!user || (user.deletedAt && !seesDeleted(ctx))) throw failures.USER_NOT_FOUND()
  return user
}

/**
 * The query for a file of everybody who meets a filter, in the order of their ids; on from the one after `after`. Nothing
 * that opens a door is in it. Throws DELETED_HIDDEN.
 */
export const peopleQuery = (ctx: Context, filter: PeopleFilter, after?: string) => {
  if ((filter.deleted !== undefined || filter.status === 'deleted') && !seesDeleted(ctx))
    throw failures.DELETED_HIDDEN()
  const is = { deleted: isNotNull(users.deletedAt), banned: isBannedAt(ctx.now) }
  const columns = {
    id: users.id,
    email: users.email,
    name: users.name,
    role: users.role,
    status: sql<string>`case when ${is.deleted} then 'deleted' when ${is.banned} then 'banned' else 'active' end`.as(
      'status',
    ),
    emailVerified: sql<number>`${isNotNull(users.emailVerifiedAt)}`.as('emailVerified'),
    twoFactorEnabled: sql<number>`${isNotNull(users.twoFactorEnabledAt)}`.as('twoFactorEnabled'),
    locale: users.locale,
    timezone: users.timezone,
    createdAt: sql<number>`${users.createdAt}`.as('createdAt'),
    updatedAt: sql<number>`${users.updatedAt}`.as('updatedAt'),
    lastSeenAt: sql<number | null>`${users.lastSeenAt}`.as('lastSeenAt'),
    deletedAt: sql<number | null>`${users.deletedAt}`.as('deletedAt'),
  }
  const beyond = after === undefined ? undefined : gt(users.id, after)
  return ctx.db
    .select(columns)
    .from(users)
    .where(and(matching(filter, ctx.now), beyond))
    .orderBy(asc(users.id))
}
