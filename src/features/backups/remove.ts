import { eq } from 'drizzle-orm'
import { type Config, type Context, days, defineJob, later } from '#core'
import { journal, transaction } from '#db'
import { backupDeleted } from './events'
import { failures } from './failures'
import { get } from './find'
import { type Backup, backups } from './schema'
import { clearWorkplace, discard } from './vault'

/** Removes a backup, the last one too if that is asked for. Throws BACKUP_NOT_FOUND, BACKUP_IN_PROGRESS while it is made. */
export const remove = async (ctx: Context, id: string) => {
  const backup = await get(ctx, id)
  if (backup.status === 'pending' || backup.status === 'running') throw failures.BACKUP_IN_PROGRESS()
  await discard(ctx, id)
  await transaction(ctx, async (tx) => {
    const [gone] = await tx.delete(backups).where(eq(backups.id, id)).returning()
    if (!gone) throw failures.BACKUP_NOT_FOUND()
    await journal.record(tx, ctx, backupDeleted, { backupId: id })
  })
}

const isGood = ({ status, verified }: Backup) => status === 'completed' && verified !== false

/** What is younger stays, however many there are. */
const FRESH = days(1)

/** Those that no rule keeps: the newest of so many days, weeks and months stay, and the last good one whatever happens. */
export const outdated = (all: readonly Backup[], keep: Config['backup']['keep'], now: Date): Backup[] => {
  const good = all.filter(isGood).toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  const kept = new Set<string>(good.slice(0, 1).map(({ id }) => id))
  for (const [period, count] of [
    [dayOf, keep.daily],
    [weekOf, keep.weekly],
    [monthOf, keep.monthly],
  ] as const) {
    const newest = new Map<string, string>()
    for (const { id, createdAt } of good) if (!newest.has(period(createdAt))) newest.set(period(createdAt), id)
    for (const id of [...newest.values()].slice(0, count)) kept.add(id)
  }
  const old = (backup: Backup) => backup.createdAt < later(now, -FRESH)
  // What failed is told of for a while.
  const settled = (backup: Backup) => backup.status === 'completed' || backup.createdAt < later(now, -30 * FRESH)
  return all.filter((backup) => !kept.has(backup.id) && old(backup) && settled(backup) && !isBusy(backup))
}

const isBusy = ({ status }: Backup) => status === 'pending' || status === 'running'
const dayOf = (date: Date) => date.toISOString().slice(0, 10)
const monthOf = (date: Date) => date.toISOString().slice(0, 7)
const weekOf = (date: Date) => String(Math.floor((date.getTime() / days(1) + 3) / 7))

/** Removes what `BACKUP_KEEP` does not keep, and what was left half-made. */
export const prune = defineJob<Record<string, never>>('backups.prune', {
  run: async (ctx) => {
    const all = await ctx.db.select().from(backups)
    for (const { id } of outdated(all, ctx.config.backup.keep, ctx.now)) await remove(ctx, id)
    await clearWorkplace(ctx)
  },
})
