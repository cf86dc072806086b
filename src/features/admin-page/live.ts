import { type App, holds, perApp, type RecordedEvent, type Signed, type SignedActor } from '#core'
import { createStreams, openStream } from '#features/auth'

/** Milliseconds in which many changes are told as one. */
const GATHER = 300

type News = Pick<RecordedEvent, 'type' | 'userId'>

/** Whom a change concerns: who holds the permission, and the people it is about. */
interface Concerned {
  permission: 'audit:read' | 'jobs:read' | undefined
  people: Set<string>
}

/** Who looks at the page in this process. */
const hub = perApp((app: App) => {
  const streams = createStreams(app)
  const changed = new Map<string, Concerned>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const tell = () => {
    timer = undefined
    for (const { actor, push } of streams.all()) {
      const topics = [...changed].filter(([, whom]) => concerns(whom, actor)).map(([topic]) => topic)
      if (topics.length > 0) push({ text: `event: changed\ndata: ${JSON.stringify(topics)}\n\n` })
    }
    changed.clear()
  }
  const note = (topic: string, permission: Concerned['permission'], userId?: string | null) => {
    if (streams.isEmpty()) return
    const concerned = changed.get(topic) ?? { permission, people: new Set<string>() }
    if (userId) concerned.people.add(userId)
    changed.set(topic, concerned)
    if (!timer) timer = setTimeout(tell, GATHER).unref()
  }

  app.bus.subscribe('journal', (message) => {
    const { type, userId } = message as News
    note(type.split('.')[0] ?? '', 'audit:read', userId)
    if (type.startsWith('role.') || type === 'user.role_changed') sendAway(type === 'user.role_changed' ? userId : null)
  })
  app.bus.subscribe('jobs', () => note('jobs', 'jobs:read'))
  app.bus.subscribe('notifications', (message) => {
    const { userId } = message as { userId: string }
    note('notifications', undefined, userId)
  })

  /** With other permissions other things may be told: whoever is sent away comes back by itself. */
  const sendAway = (userId: string | null) => {
    for (const reader of userId === null ? streams.all() : streams.of(userId)) reader.end()
  }
  return streams
})

const concerns = ({ permission, people }: Concerned, { userId, permissions }: SignedActor) =>
  people.has(userId) || (permission !== undefined && holds(permissions, permission))

/**
 * Tells what has changed, by topic and never more: `jobs`, `notifications`, or the first word of an event such as
 * `export`. Whoever may not read the audit log hears of their own events only. Throws TOO_MANY_STREAMS.
 */
export const live = (ctx: Signed) => openStream(ctx, hub(ctx))
