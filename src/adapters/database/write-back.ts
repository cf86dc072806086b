import { Database as Sqlite } from 'bun:sqlite'

/** Rounds in which writers get ahead of it. */
const ROUNDS = 5
/** Pages that are left to the next writer. */
const FEW = 200

/** Writes the log back into the database as far as nobody reads it any more, without holding up a writer. */
export const writeBack = (path: string) => {
  const db = new Sqlite(path, { readwrite: true, create: false })
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const [state] = db.query<{ log: number; checkpointed: number }, []>('PRAGMA wal_checkpoint(PASSIVE)').all()
      if (!state || state.log - state.checkpointed < FEW) return
    }
  } finally {
    db.close()
  }
}
