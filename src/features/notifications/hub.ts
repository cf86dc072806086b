import { type App, hours, perApp, type RecordedEvent, type SignedActor, seconds } from '#core'
import { failures } from './failures'
import type { NotificationView } from './view'

/** Something comes at least this often, so that no proxy takes a stream for dead. */
const PING_EVERY = seconds(15)
/** A client comes back by itself; so none holds on to what it was allowed for longer than this, in milliseconds. */
const MAX_AGE = hours(1)
/** Streams of one person that a process keeps open: tabs and devices, not a way to use up its memory. */
const MAX_STREAMS = 20
/** How long an end is kept in mind, in milliseconds: a request may have been let in just before it. */
const REMEMBERED = seconds(5)

/** A piece of the text of Server-Sent Events. Those with an id are notifications. */
export interface Frame {
  id?: string
  text: string
}

export interface Reader {
  actor: SignedActor
  /** `performance.now()` when it began. */
  since: number
  push(frame: Frame): void
  /** Ends it for good. May be called again. */
  end(): void
}

type Ending = Pick<RecordedEvent, 'type' | 'userId' | 'payload'>

const PING: Frame = { text: ': ping\n\n' }

export const frameOf = (notification: NotificationView): Required<Frame> => ({
  id: notification.id,
  text: `id: ${notification.id}\nevent: notification\ndata: ${JSON.stringify(notification)}\n\n`,
})

/** Who is listening in this process. One subscription on the bus and one timer serve them all. */
export const hub = perApp((app: App) => {
  const readers = new Map<string, Set<Reader>>()
  const endings = new Set<Ending>()
  let timer: ReturnType<typeof setInterval> | undefined

  const all = () => [...readers.values()].flatMap((mine) => [...mine])
  const endAll = () => {
    for (const reader of all()) reader.end()
  }
  const tick = () => {
    for (const reader of all()) {
      if (performance.now() - reader.since > MAX_AGE) reader.end()
      else reader.push(PING)
    }
  }

  app.bus.subscribe('notifications', (message) => {
    const { userId, notification } = message as { userId: string; notification: NotificationView }
    const mine = readers.get(userId)
    if (!mine) return
    const frame = frameOf(notification)
    for (const reader of mine) reader.push(frame)
  })
  app.bus.subscribe('journal', (message) => {
    const event = message as Ending
    if (!ENDINGS.test(event.type)) return
    endings.add(event)
    setTimeout(() => endings.delete(event), REMEMBERED).unref()
    for (const reader of all()) if (ends(event, reader.actor)) reader.end()
  })
  // Notifications and ends may not have been heard of: each comes back, is looked at anew, and asks for what it missed.
  app.bus.subscribe('gap', endAll)
  app.lifetime.signal.addEventListener('abort', endAll)

  return {
    /** Adds somebody. Returns how to leave. Throws TOO_MANY_STREAMS. */
    join: (reader: Reader) => {
      const { userId } = reader.actor
      const mine = readers.get(userId) ?? new Set()
      if (mine.size >= MAX_STREAMS) throw failures.TOO_MANY_STREAMS({ retryAfter: 60 })
      readers.set(userId, mine.add(reader))
      timer ??= setInterval(tick, PING_EVERY)
      const over = app.lifetime.signal.aborted || [...endings].some((event) => ends(event, reader.actor))
      if (over) queueMicrotask(reader.end)
      return () => {
        mine.delete(reader)
        if (mine.size === 0 && readers.get(userId) === mine) readers.delete(userId)
        if (readers.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
})

/** Events that may take away what lets somebody in. */
const ENDINGS = /^(user\.(banned|deleted|role_changed)|session\.revoked|api_key\.(rotated|revoked))$/

/** True if an event takes away what lets this reader in. */
const ends = ({ type, userId, payload }: Ending, actor: SignedActor): boolean => {
  // Whoever acts in somebody's place needs the right to it all along.
  if (actor.type === 'impersonator' && userId === actor.adminId && type.startsWith('user.')) return true
  if (userId !== actor.userId) return false
  if (type === 'user.banned' || type === 'user.deleted') return true
  if (actor.type === 'api-key') return type.startsWith('api_key.') && payload.apiKeyId === actor.apiKeyId
  return type === 'session.revoked' && Array.isArray(payload.sessionIds) && payload.sessionIds.includes(actor.sessionId)
}
