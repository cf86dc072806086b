import { and, eq, inArray } from 'drizzle-orm'
import { type Context, Failure, newId, type Signed, type Tx } from '#core'
import { bookkeeping, enqueue, journal, transaction } from '#db'
import { described, fileCreated } from './events'
import { type Examined, examine } from './examine'
import { failures } from './failures'
import { hasVariants, keyOf } from './keys'
import { expectSpace, giveSpaceBack, takeSpace } from './quota'
import { type FileRow, files, type Visibility } from './schema'
import { makeVariants } from './variants'

export interface Sent {
  name: string
  bytes: Uint8Array<ArrayBuffer>
}

/** Files of one request. */
const MAX_FILES = 20

/**
 * Takes files: all of them, or none. Space is taken before anything is stored, and given back when that fails.
 * Throws what `examine` does, FILE_MISSING, TOO_MANY_PARTS, QUOTA_EXCEEDED, STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export const upload = async (ctx: Signed, sent: readonly Sent[], visibility: Visibility): Promise<FileRow[]> => {
  if (sent.length === 0) throw failures.FILE_MISSING()
  if (sent.length > MAX_FILES) throw failures.TOO_MANY_PARTS()
  const ownerId = ctx.actor.userId
  if (sent.some(({ bytes }) => bytes.byteLength > ctx.config.upload.maxBytes)) throw failures.FILE_TOO_LARGE()
  await expectSpace(ctx, ownerId, 1)
  const examined = await Promise.all(sent.map(({ name, bytes }) => examine(ctx, name, bytes)))
  const rows = examined.map((file) => announced(ctx, ownerId, file, visibility))
  await announce(ctx, rows)
  try {
    for (const [i, { id, mimeType }] of rows.entries()) {
      const bytes = examined[i]?.bytes ?? new Uint8Array()
      await ctx.storage.put(keyOf(id), bytes, { type: mimeType })
    }
    return await transaction(ctx, (tx) => settle(tx, ctx, rows))
  } catch (error) {
    await abandon(ctx, rows, error)
    throw error
  }
}

const announced = (
  ctx: Context,
  ownerId: string,
  { name, mimeType, bytes, sha256, width, height }: Examined,
  visibility: Visibility,
): FileRow => ({
  id: newId(),
  ownerId,
  name,
  mimeType,
  size: bytes.byteLength,
  sha256,
  width,
  height,
  visibility,
  status: 'storing',
  variants: null,
  variantsLeasedUntil: null,
  missingSince: null,
  createdAt: ctx.now,
})

/** Takes the space and leaves rows that nobody sees yet: if the process dies now, the sweep knows what to remove. */
const announce = (ctx: Context, rows: FileRow[]) =>
  bookkeeping(ctx, async (tx) => {
    const bytes = rows.reduce((sum, { size }) => sum + size, 0)
    await takeSpace(tx, ctx, rows[0]?.ownerId ?? '', bytes)
    await tx.insert(files).values(rows)
  })

/** The objects are there: from now on the files are. */
export const settle = async (tx: Tx, ctx: Context, rows: readonly FileRow[]): Promise<FileRow[]> => {
  const ready: FileRow[] = []
  for (const row of rows) {
    const [file] = await tx
      .update(files)
      .set({ ...row, status: 'ready' })
      .where(and(eq(files.id, row.id), eq(files.status, 'storing')))
      .returning()
    // An erasure, or a sweep that took it for abandoned, was faster.
    if (!file) throw failures.UPLOAD_NOT_FOUND()
    await journal.record(tx, ctx, fileCreated, described(file))
    if (hasVariants(file)) await enqueue(tx, ctx, makeVariants, { fileId: file.id })
    ready.push(file)
  }
  return ready
}

/** Takes back what did not work out. What cannot be removed now is left to the sweep. */
export const abandon = async (ctx: Context, rows: readonly FileRow[], because: unknown) => {
  const ids = rows.map(({ id }) => id)
  await bookkeeping(ctx, async (tx) => {
    const gone = await tx
      .delete(files)
      .where(and(inArray(files.id, ids), inArray(files.status, ['storing', 'awaited'])))
      .returning()
    for (const { ownerId, size } of gone) await giveSpaceBack(tx, ownerId, size)
  })
  // A store that does not answer would only keep the caller waiting.
  if (because instanceof Failure && because.kind === 'unavailable') return
  await Promise.all(ids.map((id) => ctx.storage.delete(keyOf(id)))).catch((error: unknown) =>
    ctx.log.warn(
      { requestId: ctx.requestId, error: String(error) },
      'objects of a failed upload are left to the sweep',
    ),
  )
}
