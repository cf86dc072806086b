import { and, asc, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm'
import { type Context, defineJob, hours, later } from '#core'
import { bookkeeping, transaction } from '#db'
import { ARRIVING, keyOf, STORED } from './keys'
import { giveSpaceBack } from './quota'
import { depart, discard } from './remove'
import { files } from './schema'

/** What is younger may still be on its way. */
const SETTLED = hours(1)
/** A file whose object is missing is given up after this: time to mount the right disk, or name the right bucket. */
const GIVEN_UP = hours(24)
const BATCH = 500

/** Brings rows and objects together again after crashes: removes uploads that never ended, and whatever has no other half. */
export const sweep = defineJob<Record<string, never>>('files.sweep', {
  queue: 'files',
  run: async (ctx) => {
    await endUnfinished(ctx)
    await sweepArrivals(ctx)
    await compare(ctx)
  },
})

const endUnfinished = async (ctx: Context) => {
  const before = later(ctx.now, -SETTLED)
  await bookkeeping(ctx, async (tx) => {
    const ended = await tx
      .update(files)
      .set({ status: 'leaving' })
      .where(and(inArray(files.status, ['awaited', 'storing']), lt(files.createdAt, before)))
      .returning()
    for (const { ownerId, size } of ended) await giveSpaceBack(tx, ownerId, size)
  })
  const leaving = and(eq(files.status, 'leaving'), lt(files.createdAt, before))
  for (;;) {
    const rows = await ctx.db.select({ id: files.id }).from(files).where(leaving).limit(BATCH)
    if (rows.length === 0) return
    await discard(
      ctx,
      rows.map(({ id }) => id),
    )
  }
}

const sweepArrivals = async (ctx: Context) => {
  for await (const key of ctx.storage.list(ARRIVING))
    if (isSettled(ctx, key.slice(ARRIVING.length))) await ctx.storage.delete(key)
}

/** One walk over all keys and all rows in the order of ids, in constant memory. */
const compare = async (ctx: Context) => {
  const rows = settledRows(ctx)
  const missing: string[] = []
  let row = await rows.next()
  let seen = 0
  let original = false
  const leave = async () => {
    if (!row.done && row.value.status === 'ready' && !original) missing.push(row.value.id)
    original = false
    row = await rows.next()
  }
  for await (const key of ctx.storage.list(STORED)) {
    seen += 1
    const id = key.slice(STORED.length).split('/')[0] ?? ''
    if (!isSettled(ctx, id)) continue
    while (!row.done && row.value.id < id) await leave()
    if (row.done || row.value.id !== id) await removeOrphan(ctx, key, id)
    else if (key === keyOf(id)) original = true
  }
  while (!row.done) await leave()
  await noteMissing(ctx, seen > 0 ? missing : [])
}

/** A row that came meanwhile keeps its object. */
const removeOrphan = async (ctx: Context, key: string, id: string) => {
  const [row] = await ctx.db.select({ id: files.id }).from(files).where(eq(files.id, id))
  if (!row) await ctx.storage.delete(key)
}

async function* settledRows(ctx: Context) {
  for (let last = ''; ; ) {
    const page = await ctx.db
      .select({ id: files.id, status: files.status })
      .from(files)
      .where(gt(files.id, last))
      .orderBy(asc(files.id))
      .limit(BATCH)
    for (const row of page) if (isSettled(ctx, row.id)) yield row
    last = page.at(-1)?.id ?? ''
    if (page.length < BATCH) return
  }
}

/** Marks files whose object is gone, and gives up those that have been marked for long. */
const noteMissing = async (ctx: Context, ids: string[]) => {
  const known = await ctx.db.select({ id: files.id }).from(files).where(sql`${files.missingSince} is not null`)
  const found = known.map(({ id }) => id).filter((id) => !ids.includes(id))
  await bookkeeping(ctx, async (tx) => {
    for (const id of found) await tx.update(files).set({ missingSince: null }).where(eq(files.id, id))
    for (const id of ids)
      await tx
        .update(files)
        .set({ missingSince: ctx.now })
        .where(and(eq(files.id, id), isNull(files.missingSince)))
  })
  if (ids.length > 0) ctx.log.error({ files: ids.slice(0, 20), count: ids.length }, 'files without their content')
  const overdue = lt(files.missingSince, later(ctx.now, -GIVEN_UP))
  for (const id of ids) {
    const left = await transaction(ctx, async (tx) => {
      const [file] = await tx
        .update(files)
        .set({ status: 'leaving' })
        .where(and(eq(files.id, id), eq(files.status, 'ready'), overdue))
        .returning()
      if (file) await depart(tx, ctx, file)
      return file !== undefined
    })
    if (left) await discard(ctx, [id])
  }
}

/** True if an id was made long ago: a UUIDv7 begins with its time (RFC 9562). Anything else is none of ours. */
const isSettled = (ctx: Context, id: string) => {
  const made = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  return Number.isNaN(made) || made < ctx.now.getTime() - SETTLED
}
