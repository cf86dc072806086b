import { and, eq, isNull, lt, or } from 'drizzle-orm'
import { type Context, defineJob, later, perApp, seconds } from '#core'
import { bookkeeping } from '#db'
import { sha256 } from './examine'
import { failures } from './failures'
import { hasVariants, keyOf, VARIANTS, type VariantName, variantKey } from './keys'
import { type FileRow, files, type Variant } from './schema'

/** How long one process has for the variants of a file before another one may try. */
const LEASE = seconds(30)
/** How long a reader waits for a process that is at it: looks, and milliseconds between them. */
const LOOKS = 40
const PAUSE = 100

type Variants = Record<string, Variant>

/** Makes the variants right after the upload, so that the first reader does not wait. */
export const makeVariants = defineJob<{ fileId: string }>('files.variants', {
  queue: 'images',
  run: async (ctx, { fileId }) => {
    const file = await ready(ctx, fileId)
    if (file && hasVariants(file)) await variantsOf(ctx, file)
  },
})

/** The variants of a picture: made when they are first needed, once, however many ask. Throws VARIANT_IN_PROGRESS. */
export const variantsOf = async (ctx: Context, file: FileRow): Promise<Variants> => {
  if (file.variants) return file.variants
  const flights = inFlight(ctx)
  const flight = flights.get(file.id) ?? obtain(ctx, file.id).finally(() => flights.delete(file.id))
  flights.set(file.id, flight)
  return flight
}

const inFlight = perApp(() => new Map<string, Promise<Variants>>())

/** Makes them, or waits for the process that does. */
const obtain = async (ctx: Context, fileId: string): Promise<Variants> => {
  for (let look = 0; look < LOOKS; look++) {
    if (await claim(ctx, fileId)) return make(ctx, fileId)
    const file = await ready(ctx, fileId)
    if (!file) throw failures.FILE_NOT_FOUND()
    if (file.variants) return file.variants
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  throw failures.VARIANT_IN_PROGRESS()
}

const claim = (ctx: Context, fileId: string) =>
  bookkeeping(ctx, async (tx) => {
    const now = ctx.clock.now()
    const free = or(isNull(files.variantsLeasedUntil), lt(files.variantsLeasedUntil, now))
    const [claimed] = await tx
      .update(files)
      .set({ variantsLeasedUntil: later(now, LEASE) })
      .where(and(eq(files.id, fileId), eq(files.status, 'ready'), isNull(files.variants), free))
      .returning({ id: files.id })
    return claimed !== undefined
  })

const make = async (ctx: Context, fileId: string): Promise<Variants> => {
  try {
    const original = await ctx.storage.get(keyOf(fileId))
    if (!original) throw failures.FILE_NOT_FOUND()
    const pictures = await ctx.images.shrink(await new Response(original.body).bytes(), VARIANTS)
    const variants: Variants = {}
    for (const [name, { bytes, type, width, height }] of Object.entries(pictures)) {
      await ctx.storage.put(variantKey(fileId, name as VariantName), bytes, { type })
      variants[name] = { size: bytes.byteLength, sha256: await sha256(bytes), width, height }
    }
    return await keep(ctx, fileId, variants)
  } catch (error) {
    await note(ctx, fileId, { variantsLeasedUntil: null })
    throw error
  }
}

const keep = async (ctx: Context, fileId: string, variants: Variants) => {
  if (await note(ctx, fileId, { variants, variantsLeasedUntil: null })) return variants
  // Deleted meanwhile: what was made for it goes too.
  for (const name of ['thumb', 'medium'] as const) await ctx.storage.delete(variantKey(fileId, name))
  throw failures.FILE_NOT_FOUND()
}

const note = (ctx: Context, fileId: string, fields: Partial<FileRow>) =>
  bookkeeping(ctx, async (tx) => {
    const [kept] = await tx
      .update(files)
      .set(fields)
      .where(and(eq(files.id, fileId), eq(files.status, 'ready')))
      .returning({ id: files.id })
    return kept !== undefined
  })

const ready = async (ctx: Context, fileId: string) => {
  const [file] = await ctx.db
    .select()
    .from(files)
    .where(and(eq(files.id, fileId), eq(files.status, 'ready')))
  return file
}
