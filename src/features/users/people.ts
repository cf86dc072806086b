import { type App, perApp, type RecordedEvent, seconds } from '#core'
import { findById } from './find'
import type { User } from './schema'

/** How long a person is answered from memory. What this process changes is dropped at once. */
const MEMORY = seconds(1)
const REMEMBERED = 10_000

/** People that this process has read a moment ago, kept right by the journal's events. */
const people = perApp((app) => {
  const memory = { known: new Map<string, { user: User; at: number }>(), changes: 0 }
  app.bus.subscribe('journal', (message) => {
    const { userId } = message as Pick<RecordedEvent, 'userId'>
    memory.changes += 1
    if (userId) memory.known.delete(userId)
  })
  // Some changes may not have been heard of.
  app.bus.subscribe('gap', () => {
    memory.changes += 1
    memory.known.clear()
  })
  return memory
})

/**
 * The person with this id, unless deleted: for what every request asks. At most a second behind what other processes
 * changed, never behind this one. To change a person, read them in the transaction instead.
 */
export const knownById = async (app: App, id: string): Promise<User | undefined> => {
  const memory = people(app)
  const { known, changes } = memory
  const now = app.clock.now().getTime()
  const remembered = known.get(id)
  if (remembered && Math.abs(now - remembered.at) < MEMORY) return remembered.user
  const user = await findById(app.db, id)
  // A change that was committed while the row was read may not be in it.
  if (!user || memory.changes !== changes) return user
  if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? '')
  known.set(id, { user, at: now })
  return user
}
