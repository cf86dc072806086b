import { and, eq, sql } from 'drizzle-orm'
import { type Context, holds, type Signed } from '#core'
import { type PageRequest, paginate, prepared } from '#db'
import { findById } from '#features/users'
import { failures } from './failures'
import { type FileRow, files } from './schema'
import { view, viewForAdmin } from './view'

const byId = prepared((db) =>
  db
    .select()
    .from(files)
    .where(and(eq(files.id, sql.placeholder('id')), eq(files.status, 'ready')))
    .prepare(),
)

/** The file with this id, if it is there for anybody. */
export const findReady = async (ctx: Pick<Context, 'db'>, id: string): Promise<FileRow | undefined> =>
  await byId(ctx.db).get({ id })

/** True if whoever asks may see the file itself, without a link. */
export const maySee = ({ actor }: Context, file: FileRow) => {
  if (file.visibility === 'public') return true
  if (actor.type === 'anonymous' || actor.type === 'system') return false
  return actor.userId === file.ownerId || holds(actor.permissions, 'files:read')
}

/** True if the file is the picture that stands for its owner: its variants are for everybody who meets them. */
export const isAvatar = async (ctx: Context, file: FileRow) =>
  (await findById(ctx.db, file.ownerId))?.avatarFileId === file.id

/** A file that the caller may see. Throws FILE_NOT_FOUND. */
export const get = async (ctx: Signed, id: string): Promise<FileRow> => {
  const file = await findReady(ctx, id)
  if (!file || !maySee(ctx, file)) throw failures.FILE_NOT_FOUND()
  return file
}

/** The caller's own files. */
export const list = (ctx: Signed, query: PageRequest) =>
  paginate(ctx, query, {
    from: files,
    where: and(eq(files.ownerId, ctx.actor.userId), eq(files.status, 'ready')),
    sort: { createdAt: files.createdAt, name: files.name, size: files.size },
    id: files.id,
    view,
  })

/** Everybody's files, or one person's. */
export const listAll = (ctx: Signed, { ownerId, ...query }: PageRequest & { ownerId?: string }) =>
  paginate(ctx, query, {
    from: files,
    where: and(eq(files.status, 'ready'), ownerId === undefined ? undefined : eq(files.ownerId, ownerId)),
    sort: { createdAt: files.createdAt, size: files.size },
    id: files.id,
    filter: { ownerId },
    view: viewForAdmin,
  })
