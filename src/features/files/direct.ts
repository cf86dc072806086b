import { and, eq, gt } from 'drizzle-orm'
import { type Context, later, minutes, newId, type Signed } from '#core'
import { bookkeeping } from '#db'
import { failures } from './failures'
import { arrivalKey } from './keys'
import { expectUnexpired, isSigned, sign } from './link'
import { takeSpace } from './quota'
import { type FileRow, files, type Visibility } from './schema'
import { ALLOWED_TYPES, safeName } from './types'

/** How long the URL of a presigned upload is good. */
const URL_LIFETIME = minutes(15)
/** How long after the presigning an upload can be completed; beyond it the sweep removes it. */
export const COMPLETABLE = minutes(45)
const PURPOSE = 'direct-upload'

export interface Announcement {
  name: string
  mimeType: string
  size: number
  visibility?: Visibility
}

/**
 * Lets a client send a file straight to where files are stored. Takes the space at once.
 * Throws FILE_TOO_LARGE, UNSUPPORTED_FILE_TYPE, QUOTA_EXCEEDED.
 */
export const presign = async (ctx: Signed, { name, mimeType, size, visibility = 'private' }: Announcement) => {
  if (size > ctx.config.upload.maxBytes) throw failures.FILE_TOO_LARGE()
  if (!Object.hasOwn(ALLOWED_TYPES, mimeType)) throw failures.UNSUPPORTED_FILE_TYPE()
  const id = newId()
  const ownerId = ctx.actor.userId
  const status = 'awaited' as const
  const row = { id, ownerId, name: safeName(name, mimeType), mimeType, size, visibility, status, createdAt: ctx.now }
  const expiresAt = later(ctx.now, URL_LIFETIME)
  const request = (await ctx.storage.presignPut?.(arrivalKey(id), {
    type: mimeType,
    size,
    expiresIn: URL_LIFETIME / 1000,
  })) ?? { url: ownUrl(ctx, row, expiresAt), method: 'PUT' as const, headers: headersFor(row) }
  await bookkeeping(ctx, async (tx) => {
    await takeSpace(tx, ctx, ownerId, size)
    await tx.insert(files).values(row)
  })
  return { id, ...request, expiresAt: expiresAt.toISOString() }
}

type Announced = Pick<FileRow, 'id' | 'mimeType' | 'size'>

const headersFor = ({ mimeType, size }: Announced) => ({ 'content-type': mimeType, 'content-length': String(size) })

/** A signed URL of our own that takes exactly what was announced, where the store has no door of its own. */
const ownUrl = (ctx: Context, row: Announced, expiresAt: Date) => {
  const expires = String(Math.floor(expiresAt.getTime() / 1000))
  const query = new URLSearchParams({ expires, signature: sign(ctx, PURPOSE, partsOf(row, expires)) })
  return `${ctx.config.appUrl}/api/v1/upload/${row.id}/content?${query}`
}

const partsOf = ({ id, mimeType, size }: Announced, expires: string) => [id, mimeType, String(size), expires]

export interface Arrival {
  expires: string
  signature: string
  /** What the request says about its content. */
  type: string
  length: number
  body: ReadableStream<Uint8Array>
}

/** Takes the content of a presigned upload, as a store would. Throws INVALID_LINK, LINK_EXPIRED, UPLOAD_MISMATCH. */
export const receive = async (ctx: Context, id: string, { expires, signature, type, length, body }: Arrival) => {
  const recent = gt(files.createdAt, later(ctx.now, -COMPLETABLE))
  const [row] = await ctx.db
    .select()
    .from(files)
    .where(and(eq(files.id, id), eq(files.status, 'awaited'), recent))
  if (!row || !isSigned(ctx, PURPOSE, partsOf(row, expires), signature)) throw failures.INVALID_LINK()
  expectUnexpired(ctx, expires)
  if (type !== row.mimeType || length !== row.size) throw failures.UPLOAD_MISMATCH()
  await ctx.storage.put(arrivalKey(id), exactly(row.size, body), { type, size: row.size })
}

/** The same stream, broken off when it has more bytes than it should, or ends before it has them all. */
const exactly = (size: number, body: ReadableStream<Uint8Array>) => {
  let left = size
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        left -= chunk.byteLength
        if (left < 0) throw failures.UPLOAD_MISMATCH()
        controller.enqueue(chunk)
      },
      flush() {
        if (left > 0) throw failures.UPLOAD_MISMATCH()
      },
    }),
  )
}
