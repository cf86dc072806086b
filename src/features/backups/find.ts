import { eq } from 'drizzle-orm'
import type { Context, Signed } from '#core'
import { type PageRequest, paginate } from '#db'
import { failures } from './failures'
import { type Backup, backups } from './schema'
import { packedKey } from './vault'

/** A backup as the API shows it. */
export const viewOf =
  (ctx: Pick<Context, 'vault'>) =>
  ({ id, status, size, sha256, encrypted, verified, verifiedAt, problem, createdAt }: Backup) => ({
    id,
    status,
    size,
    sha256,
    encrypted,
    verified: verified === true,
    ...(verifiedAt && { verifiedAt: verifiedAt.toISOString() }),
    problem,
    createdAt: createdAt.toISOString(),
    location: `${ctx.vault.driver}:${packedKey(id)}`,
  })

export const list = (ctx: Signed, query: PageRequest) =>
  paginate(ctx, query, { from: backups, sort: { createdAt: backups.createdAt }, id: backups.id, view: viewOf(ctx) })

/** Throws BACKUP_NOT_FOUND. */
export const get = async (ctx: Pick<Context, 'db'>, id: string): Promise<Backup> => {
  const [backup] = await ctx.db.select().from(backups).where(eq(backups.id, id))
  if (!backup) throw failures.BACKUP_NOT_FOUND()
  return backup
}

/** Throws BACKUP_NOT_FOUND, BACKUP_NOT_READY. */
export const getComplete = async (ctx: Pick<Context, 'db'>, id: string) => {
  const backup = await get(ctx, id)
  const { size, sha256, status } = backup
  if (status !== 'completed' || size === null || sha256 === null) throw failures.BACKUP_NOT_READY()
  return { ...backup, size, sha256 }
}
