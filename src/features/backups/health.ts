import { desc, eq, isNotNull } from 'drizzle-orm'
import { type App, days, type HealthReport, hours } from '#core'
import { backups } from './schema'

/** How old the newest backup may be where one is made every day, and elsewhere. */
const DAILY_LIMIT = hours(49)
const OTHER_LIMIT = days(32)
/** The rehearsal is weekly. */
const DRILL_LIMIT = days(15)

/** Age of the newest backup, how the last attempt ended, and when a restore was last rehearsed and what came of it. Ages in seconds. */
export const health = async (app: App): Promise<HealthReport> => {
  if (app.database.kind !== 'file') return { status: 'pass', detail: { by: 'the database server' } }
  const newest = desc(backups.createdAt)
  const [last] = await app.db.select().from(backups).orderBy(newest, desc(backups.id)).limit(1)
  const [good] = await app.db.select().from(backups).where(eq(backups.status, 'completed')).orderBy(newest).limit(1)
  const [drilled] = await app.db
    .select()
    .from(backups)
    .where(isNotNull(backups.verifiedAt))
    .orderBy(desc(backups.verifiedAt))
    .limit(1)
  const now = app.clock.now().getTime()
  const ageOf = (date: Date | null | undefined) => (date ? now - date.getTime() : undefined)
  const [age, drillAge] = [ageOf(good?.createdAt), ageOf(drilled?.verifiedAt)]
  const limit = app.config.backup.cron.endsWith('* * *') ? DAILY_LIMIT : OTHER_LIMIT
  const bad =
    last?.status === 'failed' ||
    // It is tried again, but something is wrong.
    (last?.status === 'running' && last.problem !== null) ||
    (age !== undefined && age > limit) ||
    drilled?.verified === false ||
    (drillAge !== undefined && drillAge > DRILL_LIMIT)
  return {
    status: bad ? 'warn' : 'pass',
    detail: {
      lastBackupAge: age === undefined ? null : Math.round(age / 1000),
      lastStatus: last?.status ?? null,
      drillAge: drillAge === undefined ? null : Math.round(drillAge / 1000),
      drillPassed: drilled?.verified ?? null,
    },
    gauges: {
      ...(age === undefined ? {} : { backup_age_seconds: Math.round(age / 1000) }),
      ...(drillAge === undefined ? {} : { backup_drill_age_seconds: Math.round(drillAge / 1000) }),
      ...(drilled ? { backup_drill_passed: Number(drilled.verified) } : {}),
    },
  }
}
