import { and, eq, gt, sql } from 'drizzle-orm'
import { Failure, later, type Signed } from '#core'
import { bookkeeping, transaction } from '#db'
import { COMPLETABLE } from './direct'
import { examine } from './examine'
import { failures } from './failures'
import { arrivalKey, keyOf } from './keys'
import { giveSpaceBack, takeSpace } from './quota'
import { type FileRow, files } from './schema'
import { HEAD_BYTES, isImageType, typeOf } from './types'
import { abandon, settle } from './upload'

/**
 * Checks what a presigned upload has brought, and makes it a file. What is not as it was announced is removed.
 * Throws UPLOAD_NOT_FOUND, UPLOAD_INCOMPLETE, UPLOAD_IN_PROGRESS, UPLOAD_MISMATCH, what `examine` does, QUOTA_EXCEEDED.
 */
export const complete = async (ctx: Signed, id: string): Promise<FileRow> => {
  const row = await claim(ctx, id)
  if (row.status === 'ready') return row
  try {
    const stored = await takeOver(ctx, row)
    const [file] = await transaction(ctx, (tx) => settle(tx, ctx, [stored]))
    if (!file) throw failures.UPLOAD_NOT_FOUND()
    // The sweep removes it if this does not work now.
    await ctx.storage.delete(arrivalKey(id)).catch(() => undefined)
    return file
  } catch (error) {
    if (mayTryAgain(error)) await handBack(ctx, id)
    else {
      await abandon(ctx, [row], error)
      await ctx.storage.delete(arrivalKey(id)).catch(() => undefined)
    }
    throw error
  }
}

/** One of many who complete the same upload at once gets it; a finished one is answered again. */
const claim = async (ctx: Signed, id: string): Promise<FileRow> => {
  const mine = and(eq(files.id, id), eq(files.ownerId, ctx.actor.userId))
  const inTime = gt(files.createdAt, later(ctx.now, -COMPLETABLE))
  const [claimed] = await bookkeeping(ctx, (tx) =>
    tx
      .update(files)
      .set({ status: 'storing' })
      .where(and(mine, eq(files.status, 'awaited'), inTime))
      .returning(),
  )
  if (claimed) return claimed
  const [row] = await ctx.db.select().from(files).where(mine)
  if (row?.status === 'ready') return row
  throw row?.status === 'storing' ? failures.UPLOAD_IN_PROGRESS() : failures.UPLOAD_NOT_FOUND()
}

/** What passes by itself, or has not come yet, does not end the upload. */
const mayTryAgain = (error: unknown) =>
  !(error instanceof Failure) || error.kind === 'unavailable' || error.code === 'upload_incomplete'

const handBack = (ctx: Signed, id: string) =>
  bookkeeping(ctx, async (tx) => {
    await tx
      .update(files)
      .set({ status: 'awaited' })
      .where(and(eq(files.id, id), eq(files.status, 'storing')))
  })

/** Checks the content and copies it to where nobody else can write. */
const takeOver = async (ctx: Signed, row: FileRow): Promise<FileRow> => {
  const source = arrivalKey(row.id)
  const arrived = await ctx.storage.head(source)
  if (!arrived) throw failures.UPLOAD_INCOMPLETE()
  if (arrived.size !== row.size) throw failures.UPLOAD_MISMATCH()
  const head = await ctx.storage.get(source, { start: 0, end: Math.min(HEAD_BYTES, row.size) - 1 })
  if (!head) throw failures.UPLOAD_INCOMPLETE()
  const type = await typeOf(await new Response(head.body).bytes(), row.name)
  if (type !== row.mimeType) throw failures.UNSUPPORTED_FILE_TYPE()
  const whole = await ctx.storage.get(source)
  if (!whole) throw failures.UPLOAD_INCOMPLETE()
  return isImageType(type) ? renew(ctx, row, whole.body) : copy(ctx, row, whole.body)
}

const renew = async (ctx: Signed, row: FileRow, body: Blob | ReadableStream<Uint8Array>): Promise<FileRow> => {
  const { bytes, sha256, width, height } = await examine(ctx, row.name, await new Response(body).bytes())
  const size = bytes.byteLength
  await resize(ctx, row, size)
  row.size = size
  await ctx.storage.put(keyOf(row.id), bytes, { type: row.mimeType })
  return { ...row, sha256, width, height }
}

/** The picture that was made anew is of another size: takes or gives back the difference. */
const resize = (ctx: Signed, row: FileRow, size: number) =>
  bookkeeping(ctx, async (tx) => {
    if (size > row.size) await takeSpace(tx, ctx, row.ownerId, size - row.size)
    else await giveSpaceBack(tx, row.ownerId, row.size - size)
    await tx
      .update(files)
      .set({ size: sql`${size}` })
      .where(eq(files.id, row.id))
  })

const copy = async (ctx: Signed, row: FileRow, body: Blob | ReadableStream<Uint8Array>): Promise<FileRow> => {
  const hasher = new Bun.CryptoHasher('sha256')
  const hashed = (body instanceof Blob ? body.stream() : body).pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        hasher.update(chunk)
        controller.enqueue(chunk)
      },
    }),
  )
  await ctx.storage.put(keyOf(row.id), hashed, { type: row.mimeType, size: row.size })
  return { ...row, sha256: hasher.digest('hex') }
}
