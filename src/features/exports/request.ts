import { and, eq } from 'drizzle-orm'
import { newId, type Signed } from '#core'
import { enqueue, journal, type PageRequest, paginate, transaction } from '#db'
import { type PeopleFilter, peopleQuery } from '#features/users'
import { exportRequested } from './events'
import { failures } from './failures'
import { makeExport } from './make'
import { type ExportFormat, type ExportKind, type ExportRow, exports } from './schema'
import { described, view } from './view'

export interface UsersExport {
  format: Exclude<ExportFormat, 'zip'>
  filter?: Omit<PeopleFilter, 'verified'> & { verified?: boolean }
  email?: boolean
}

/** Begins an export of everybody who meets a filter. Throws DELETED_HIDDEN, IMPERSONATION_FORBIDDEN. */
export const requestUsers = (ctx: Signed, { format, filter = {}, email = true }: UsersExport) => {
  const { verified, ...rest } = filter
  const wanted = {
    ...rest,
    ...(verified !== undefined && { verified: verified ? ('true' as const) : ('false' as const) }),
  }
  // What they may not see they may not have written down for them either.
  peopleQuery(ctx, wanted)
  return begin(ctx, 'users', format, wanted, email)
}

/** Begins an export of everything that is held about the caller. Throws IMPERSONATION_FORBIDDEN. */
export const requestMine = (ctx: Signed, email = true) => begin(ctx, 'me', 'zip', {}, email)

const begin = (ctx: Signed, kind: ExportKind, format: ExportFormat, filter: Record<string, string>, mail: boolean) => {
  expectThemselves(ctx)
  return transaction(ctx, async (tx) => {
    const [row] = await tx
      .insert(exports)
      .values({
        id: newId(),
        ownerId: ctx.actor.userId,
        kind,
        format,
        filter,
        mail,
        status: 'pending',
        createdAt: ctx.now,
      })
      .returning()
    if (!row) throw new Error('An export was not stored')
    await journal.record(tx, ctx, exportRequested, { ...described(row), filter })
    await enqueue(tx, ctx, makeExport, { exportId: row.id })
    return row
  })
}

/** Throws IMPERSONATION_FORBIDDEN: what somebody exports is theirs, whoever helps them. */
export const expectThemselves = (ctx: Signed) => {
  if (ctx.actor.type === 'impersonator') throw failures.IMPERSONATION_FORBIDDEN()
}

export const list = (ctx: Signed, query: PageRequest) => {
  expectThemselves(ctx)
  return paginate(ctx, query, {
    from: exports,
    where: eq(exports.ownerId, ctx.actor.userId),
    sort: { createdAt: exports.createdAt },
    id: exports.id,
    view,
  })
}

/** An export of the caller's. Throws EXPORT_NOT_FOUND. */
export const get = async (ctx: Signed, id: string): Promise<ExportRow> => {
  expectThemselves(ctx)
  const mine = and(eq(exports.id, id), eq(exports.ownerId, ctx.actor.userId))
  const [row] = await ctx.db.select().from(exports).where(mine)
  if (!row) throw failures.EXPORT_NOT_FOUND()
  return row
}
