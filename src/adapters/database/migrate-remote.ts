import { type Client, type InStatement, LibsqlBatchError } from '@libsql/client/http'
import { isBusy } from './errors'
import type { MigrateOptions } from './migrate-file'
import {
  APPLIED,
  type Applied,
  MIGRATIONS,
  pendingOf,
  RECORD,
  readMigrations,
  readStatements,
  TABLE,
} from './migrations'

/** Tries when other processes migrate at the same time: one wins, the others see that there is nothing left to do. */
const TRIES = 20
const RETRY_PAUSE = 250

/** The same for a libSQL server: one batch, all migrations or none, with foreign keys off while it runs. */
export const migrateRemote = async (
  client: Client,
  { folder = MIGRATIONS, log }: Pick<MigrateOptions, 'folder' | 'log'> = {},
): Promise<number> => {
  const migrations = readMigrations(folder)
  for (let tries = 1; ; tries++) {
    const before = await applied(client)
    const pending = pendingOf(migrations, before)
    if (pending.length === 0) return 0
    const steps = pending.map((migration) => ({ migration, ...readStatements(folder, migration) }))
    const batch: InStatement[] = [
      TABLE,
      failUnless(`(SELECT count(*) FROM __drizzle_migrations) = ${before.count}`),
      ...steps.flatMap(({ migration, statements, hash }) => [
        ...statements,
        { sql: RECORD, args: [hash, migration.when] },
      ]),
      failUnless('NOT EXISTS (SELECT 1 FROM pragma_foreign_key_check)'),
    ]
    try {
      await client.migrate(batch)
    } catch (error) {
      if (error instanceof LibsqlBatchError && error.statementIndex === batch.length - 1) {
        throw new Error('The migration would leave rows without their parent: nothing was changed', { cause: error })
      }
      const lost = (await applied(client)).count !== before.count
      if (!lost && !(isBusy(error) && tries < TRIES)) throw error
      await Bun.sleep(Math.random() * RETRY_PAUSE)
      continue
    }
    for (const { migration } of steps) log?.info({ migration: migration.tag }, 'Migrated')
    return pending.length
  }
}

const applied = async (client: Client): Promise<Applied> => {
  const known = await client.execute("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'")
  if (known.rows.length === 0) return { count: 0, last: 0 }
  const [row] = (await client.execute(APPLIED)).rows
  return { count: Number(row?.count ?? 0), last: Number(row?.last ?? 0) }
}

/** A statement that fails, and so undoes the batch, if the condition does not hold. SQL has no `assert`. */
const failUnless = (condition: string) => `SELECT CASE WHEN ${condition} THEN 1 ELSE json('no') END`
