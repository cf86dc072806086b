import { type App, perApp, type RecordedEvent, seconds } from '#core'
import { findById } from './find'
import type { User } from './schema'

/** How long a person is answered from memory. What this process changes is dropped at once. */
const MEMORY = seconds(1)
const REMEMBERED = 10_000

/** People that this process has read a moment ago, kept right by the journal's events. */
const people = perApp((app) => {
  const known = new Map<string, { user: User; at: number }>()
  app.bus.subscribe('journal', (message) => {
    const { userId } = message as Pick<RecordedEvent, 'userId'>
    if (userId) known.delete(userId)
  })
  return known
})

/**
 * The person with this id, unless deleted: for what every request asks. At most a second behind what other processes
 * changed, never behind this one. To change a person, read them in the transaction instead.
 */
export const knownById = async (app: App, id: string): Promise<User | undefined> => {
  const known = people(app)
  const now = app.clock.now().getTime()
  const remembered = known.get(id)
  if (remembered && Math.abs(now - remembered.at) < MEMORY) return remembered.user
  known.delete(id)
  const reading = { at: now }
  const user = await findById(app.db, id)
  if (known.size >= REMEMBERED) known.delete(known.keys().next().value ?? '')
  if (user) known.set(id, { user, ...reading })
  return user
}
