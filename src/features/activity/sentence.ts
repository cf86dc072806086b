import type { App, RecordedEvent } from '#core'
import { passwordResetRequested, verificationRequested } from '#features/auth'

/** People whose names the sentences about these events may need. */
export const peopleIn = (events: readonly RecordedEvent[]) =>
  events.flatMap(({ actorId, impersonatorId, userId, subjectType, subjectId }) => [
    actorId,
    impersonatorId,
    userId,
    subjectType === 'user' ? subjectId : null,
  ])

/** What nobody has to prove anything for: it says nothing of who did it. */
const UNPROVED: readonly string[] = [passwordResetRequested.name, verificationRequested.name]

const GONE = { id: null, name: 'Somebody who has left' }
const SOMEBODY = { id: null, name: 'Somebody' }

type Names = ReadonlyMap<string, string>

/** Who did it, as people call them today. Somebody who is gone has neither name nor id. */
const actorOf = (app: App, event: RecordedEvent, names: Names): { id: string | null; name: string } => {
  const person = (id: string | null) => {
    const name = id === null ? undefined : names.get(id)
    return name === undefined ? GONE : { id, name }
  }
  if (event.actorType === 'system') return { id: null, name: app.config.appName }
  if (event.impersonatorId !== null) return person(event.impersonatorId)
  if (event.actorType !== 'anonymous') return person(event.actorId)
  // Whoever signs up, signs in or follows a mailed link is known once it has worked, and not before.
  const proved = event.outcome === 'success' && event.userId !== null && !UNPROVED.includes(event.type)
  return proved ? person(event.userId) : SOMEBODY
}

/** An event as people read it: "Ada changed the password". */
export const activity = (app: App, event: RecordedEvent, names: Names) => {
  const actor = actorOf(app, event, names)
  const { subjectType: type, subjectId: id, subjectLabel } = event
  const inPlaceOf = event.impersonatorId === null ? '' : ` (for ${names.get(event.actorId ?? '') ?? GONE.name})`
  return {
    id: event.id,
    type: event.type,
    actor,
    subject: { type, id, label: type === 'user' ? (names.get(id) ?? null) : subjectLabel },
    summary: `${actor.name}${inPlaceOf} ${summaryOf(app, event.type)}`,
    createdAt: event.createdAt.toISOString(),
  }
}

/** From the event's own definition; of a feature that is gone, its name has to do: `file.deleted` → "file deleted". */
const summaryOf = (app: App, type: string): string => {
  for (const { events = [] } of app.features) {
    const known = events.find(({ name }) => name === type)
    if (known) return known.summary
  }
  return `did this: ${type.replaceAll(/[._]/g, ' ')}`
}

export type Activity = ReturnType<typeof activity>
