import { eq } from 'drizzle-orm'
import { type Context, digest, holds } from '#core'
import { journal, transaction } from '#db'
import { findById, isBanned, permissionsOf } from '#features/users'
import { exportDownloaded } from './events'
import { failures } from './failures'
import { type ExportRow, exports } from './schema'
import { described, keyOf } from './view'

export const EXPORT_USERS = 'users:export'

const TYPES: Record<ExportRow['format'], string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json',
  ndjson: 'application/x-ndjson; charset=utf-8',
  zip: 'application/zip',
}

/**
 * The file, for its owner or whoever has the link from the mail, if the owner may still have it. Throws UNAUTHENTICATED,
 * EXPORT_NOT_FOUND, FORBIDDEN, EXPORT_NOT_READY, EXPORT_EXPIRED.
 */
export const download = async (ctx: Context, id: string, token: string | undefined) => {
  const [row] = await ctx.db.select().from(exports).where(eq(exports.id, id))
  const linked = row !== undefined && token !== undefined && row.tokenDigest === digest(token)
  if (!linked) expectOwner(ctx, row)
  if (!row) throw failures.EXPORT_NOT_FOUND()
  if (!(await mayHave(ctx, row))) throw failures.FORBIDDEN()
  if (row.status === 'expired' || (row.expiresAt && row.expiresAt <= ctx.now)) throw failures.EXPORT_EXPIRED()
  if (row.status !== 'completed') throw failures.EXPORT_NOT_READY()
  const found = await ctx.storage.get(keyOf(id))
  if (!found) throw failures.EXPORT_EXPIRED()
  await transaction(ctx, (tx) =>
    journal.record(tx, ctx, exportDownloaded, { ...described(row), by: linked ? 'link' : 'session' }),
  )
  const day = row.createdAt.toISOString().slice(0, 10)
  return { ...found, type: TYPES[row.format], name: `${row.kind === 'me' ? 'my-data' : 'users'}-${day}.${row.format}` }
}

const expectOwner = ({ actor }: Context, row: ExportRow | undefined) => {
  if (actor.type === 'anonymous' || actor.type === 'system') throw failures.UNAUTHENTICATED()
  if (actor.type === 'impersonator') throw failures.IMPERSONATION_FORBIDDEN()
  if (!row || row.ownerId !== actor.userId) throw failures.EXPORT_NOT_FOUND()
  if (actor.type !== 'api-key') return
  // A key shows what its scopes allow, and nothing of its owner.
  if (row.kind === 'me') throw failures.SESSION_REQUIRED()
  if (!holds(actor.permissions, EXPORT_USERS)) throw failures.FORBIDDEN()
}

/** True if the owner is still there and still allowed what they asked for. */
export const mayHave = async (ctx: Context, { ownerId, kind }: ExportRow) => {
  const owner = await findById(ctx.db, ownerId)
  if (!owner || isBanned(owner, ctx.now)) return false
  return kind === 'me' || holds(new Set(await permissionsOf(ctx.db, owner.role)), EXPORT_USERS)
}
