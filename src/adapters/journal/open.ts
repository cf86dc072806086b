import { eq, sql } from 'drizzle-orm'
import type { App } from '#core'
import { prepared } from '#db'
import { erase, retire, thin } from './erase'
import { during } from './period'
import type { Journal } from './port'
import { list, scan } from './read'
import { recorder, shown } from './record'
import { events } from './schema'
import { verify } from './verify'

export type JournalDeps = Pick<App, 'database' | 'features'>

const byId = prepared((db) =>
  db
    .select()
    .from(events)
    .where(eq(events.id, sql.placeholder('id')))
    .prepare(),
)

/** The journal on the app's own database, in every deployment. */
export const openJournal = ({ database, features }: JournalDeps): Journal => ({
  record: recorder(features),
  find: async (id) => {
    const row = await byId(database.reader).get({ id })
    return row && shown(row)
  },
  events,
  during,
  view: shown,
  list,
  scan: (filter) => scan(database.reader, filter),
  verify: (options) => verify(database.reader, options),
  erase,
  retire,
  thin,
})
