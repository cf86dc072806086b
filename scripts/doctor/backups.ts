import { Database as Sqlite } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { pathOf } from '../../src/adapters/database/open'
import { about, type Check, type Finding } from './finding'

const HOUR = 60 * 60 * 1000
/** Two days and a bit where one is made every day; a month and a bit elsewhere. */
const DAILY_LIMIT = 49 * HOUR
const OTHER_LIMIT = 32 * 24 * HOUR
const { error, warning } = about('backups')

interface Row {
  status: string
  at: number
  problem: string | null
}

/** The newest backup is young and whole, and lies somewhere else. A libSQL server makes its own. */
export const backups: Check = ({ config, now }) => {
  if (!config.production || !config.databaseUrl.startsWith('file:')) return []
  const path = pathOf(config.databaseUrl)
  if (!existsSync(path)) return []
  const found: Finding[] = []
  if (!config.s3)
    found.push(
      warning(
        'Backups lie on the same disk as the database',
        'Set the S3_ settings, or copy DATA_DIR/backups elsewhere.',
      ),
    )
  return [...found, ...lookAt(path, config.backup.cron.endsWith('* * *') ? DAILY_LIMIT : OTHER_LIMIT, now())]
}

const lookAt = (path: string, limit: number, now: Date): Finding[] => {
  const db = new Sqlite(path, { readonly: true })
  try {
    // The feature may have been removed.
    if (!db.query("SELECT 1 FROM sqlite_schema WHERE name = 'backups'").get()) return []
    const one = (where: string) =>
      db
        .query<Row, []>(
          `SELECT status, created_at AS at, problem FROM backups WHERE ${where} ORDER BY created_at DESC LIMIT 1`,
        )
        .get()
    const good = one("status = 'completed'")
    const last = one("status IN ('completed', 'failed')")
    const drilled = one('verified = 0')
    const found: Finding[] = []
    if (!good) found.push(warning('None has been made yet', 'Make one on the admin page, or wait for BACKUP_CRON.'))
    else if (now.getTime() - good.at > limit)
      found.push(
        error(
          `The newest is ${Math.floor((now.getTime() - good.at) / HOUR)} hours old`,
          'Look at the job backups.make on the admin page; does a process run jobs (MODE=all or worker)?',
        ),
      )
    if (last?.status === 'failed')
      found.push(error(`The last attempt failed: ${last.problem ?? 'no reason known'}`, 'Mend that, and make one.'))
    if (drilled)
      found.push(
        error(`A rehearsed restore failed: ${drilled.problem ?? 'no reason known'}`, 'Make a backup and verify it.'),
      )
    return found
  } catch {
    // Damaged: the look at the database says so.
    return []
  } finally {
    db.close()
  }
}
