import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { eq, inArray } from 'drizzle-orm'
import {
  actorId,
  type Context,
  defineJob,
  Failure,
  hours,
  later,
  minutes,
  newId,
  PermanentFailure,
  type Task,
  type Tx,
} from '#core'
import { bookkeeping, type Database, enqueue, journal, type PackedBackup, transaction } from '#db'
import { ADMIN_ROLE, list } from '#features/users'
import { sendMail } from '#mail'
import { backupCompleted, backupFailed, backupRequested } from './events'
import { failures } from './failures'
import { backupFailedMail } from './mails'
import { type Backup, backups } from './schema'
import { type Description, describe, described, packedKey, workplace } from './vault'

/** A backup that takes longer has died with its process, and nobody has come back to it. */
const GIVEN_UP = hours(12)
const TIMEOUT = hours(4)
const ATTEMPTS = 8

/** What can work on the database file. Throws BACKUP_NOT_SUPPORTED where there is none. */
export const asideOf = (ctx: { database: Database }) => {
  if (!ctx.database.aside) throw failures.BACKUP_NOT_SUPPORTED()
  return ctx.database.aside
}

/** Begins a backup; a worker makes it. Throws BACKUP_IN_PROGRESS while there is one, BACKUP_NOT_SUPPORTED on a libSQL server. */
export const begin = (ctx: Context): Promise<Backup> => open(ctx, ctx.now)

/** Begins a backup that the caller makes now; if it dies, a worker does, hours later. Throws as `begin` does. */
export const beginHere = (ctx: Context): Promise<Backup> => open(ctx, later(ctx.now, TIMEOUT))

const open = async (ctx: Context, runAt: Date): Promise<Backup> => {
  asideOf(ctx)
  return transaction(ctx, async (tx) => {
    await expectNone(tx, ctx)
    const [backup] = await tx
      .insert(backups)
      .values({ id: newId(), status: 'pending', requestedBy: actorId(ctx.actor), createdAt: ctx.now })
      .returning()
    if (!backup) throw new Error('A backup was not stored')
    await journal.record(tx, ctx, backupRequested, { backupId: backup.id })
    await enqueue(tx, ctx, makeBackup, { backupId: backup.id }, { runAt })
    return backup
  })
}

/** One at a time. What has been under way for ever is given up. */
export const expectNone = async (tx: Tx, ctx: Context) => {
  const running = await tx
    .select()
    .from(backups)
    .where(inArray(backups.status, ['pending', 'running']))
  if (running.some(({ createdAt }) => createdAt > later(ctx.now, -GIVEN_UP))) throw failures.BACKUP_IN_PROGRESS()
  for (const { id } of running)
    await tx.update(backups).set({ status: 'failed', problem: 'It was never finished' }).where(eq(backups.id, id))
}

/** Makes a backup in steps that each can be repeated: pack here, store there, describe. What is packed waits for the store. */
export const makeBackup = defineJob<{ backupId: string }>('backups.make', {
  queue: 'heavy',
  timeout: TIMEOUT,
  maxAttempts: ATTEMPTS,
  backoff: minutes(1),
  run: async (ctx, { backupId }, task) => {
    const [backup] = await ctx.db.select().from(backups).where(eq(backups.id, backupId))
    if (!backup || backup.status === 'completed' || backup.status === 'failed') return
    try {
      const description = await produce(ctx, backup, task)
      await complete(ctx, description)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      const last = task.attempt >= task.maxAttempts || error instanceof PermanentFailure
      if (!task.signal.aborted || last) await noteFailure(ctx, backupId, problem, last)
      throw error
    }
  },
})

const produce = async (ctx: Context, { id, createdAt }: Backup, task: Task): Promise<Description> => {
  await bookkeeping(
    ctx,
    async (tx) => void (await tx.update(backups).set({ status: 'running' }).where(eq(backups.id, id))),
  )
  const to = await workplace(ctx, id)
  const note = `${to}.json`
  // What an attempt before this one has packed waits here for the store, or lies there already.
  const waiting = existsSync(to) ? await readNote(note) : undefined
  const stored = task.attempt > 1 && !waiting ? await described(ctx, id) : undefined
  if (stored) return stored
  const packed = waiting ?? (await pack(ctx, to, task.signal, task.progress))
  await writeFile(note, JSON.stringify(packed), { mode: 0o600 })
  await ctx.vault.put(packedKey(id), Bun.file(to), { type: 'application/octet-stream' })
  const { size, sha256, encrypted, manifest } = packed
  const description = { id, size, sha256, encrypted, createdAt: createdAt.toISOString(), ...manifest }
  await describe(ctx, description)
  for (const path of [note, to]) await rm(path, { force: true })
  return description
}

const readNote = async (path: string): Promise<PackedBackup | undefined> =>
  existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : undefined

/** Packs the database, and the files where they lie on this disk, into a file. */
export const pack = (ctx: Context, to: string, signal?: AbortSignal, onProgress?: (fraction: number) => void) =>
  asideOf(ctx).pack(
    {
      files: ctx.storage.driver === 'disk' ? `${ctx.config.dataDir}/files` : null,
      to,
      version: ctx.config.version,
      keys: ctx.config.backup.encryptionKeys,
    },
    { ...(signal && { signal }), ...(onProgress && { onProgress }) },
  )

const complete = (ctx: Context, { id, size, sha256, encrypted }: Description) =>
  transaction(ctx, async (tx) => {
    const [done] = await tx
      .update(backups)
      .set({ status: 'completed', size, sha256, encrypted, problem: null, completedAt: ctx.now })
      .where(eq(backups.id, id))
      .returning()
    if (done) await journal.record(tx, ctx, backupCompleted, { backupId: id, size, sha256, encrypted })
  })

const noteFailure = async (ctx: Context, id: string, problem: string, last: boolean) => {
  const row = eq(backups.id, id)
  if (!last) return bookkeeping(ctx, async (tx) => void (await tx.update(backups).set({ problem }).where(row)))
  const admins = await adminsOf(ctx)
  await transaction(ctx, async (tx) => {
    await tx.update(backups).set({ problem, status: 'failed' }).where(row)
    await journal.record(tx, ctx, backupFailed, { backupId: id, problem })
    for (const userId of admins) await sendMail(tx, ctx, backupFailedMail, { userId, backupId: id })
  })
}

const adminsOf = async (ctx: Context) => {
  const { data } = await list(ctx, { role: ADMIN_ROLE, status: 'active', limit: '100' })
  return data.map(({ id }) => id)
}

/** The schedule's door. */
export const scheduledBackup = defineJob<Record<string, never>>('backups.scheduled', {
  run: async (ctx) => {
    if (!ctx.database.aside) return
    await begin(ctx).catch((error: unknown) => {
      // Somebody was faster: there is going to be one.
      if (!(error instanceof Failure && error.code === 'backup_in_progress')) throw error
    })
  },
})
