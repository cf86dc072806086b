import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import type { Config } from '../../src/config'

/** Looks into the database file from outside, as whoever steals it would. */
const look = <T>(config: Pick<Config, 'dataDir'>, work: (db: Database) => T): T => {
  const db = new Database(join(config.dataDir, 'keel.db'), { readonly: true })
  try {
    return work(db)
  } finally {
    db.close()
  }
}

const tablesOf = (db: Database) =>
  db
    .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map(({ name }) => name)

/** Every value at rest in the database, by table: for what must not be in it. */
export const atRest = (config: Pick<Config, 'dataDir'>): string =>
  look(config, (db) =>
    tablesOf(db)
      .map((name) => `${name}: ${JSON.stringify(db.query(`SELECT * FROM "${name}"`).all())}`)
      .join('\n'),
  )

/** Rows of one query, for what no route shows: `rows(config, 'SELECT hash FROM passwords')`. */
// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects in its assertions
export const rows = (config: Pick<Config, 'dataDir'>, sql: string, ...values: (string | number)[]): any[] =>
  look(config, (db) => db.query(sql).all(...values))
