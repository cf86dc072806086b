import { type App, hours, type RecordedEvent, type SignedActor, seconds } from '#core'
import { failures } from './failures'

/** Something comes at least this often, so that no proxy takes a stream for dead. */
const PING_EVERY = seconds(15)
/** A client comes back by itself; so none holds on to what it was allowed for longer than this, in milliseconds. */
const MAX_AGE = hours(1)
/** Streams of one person that a process keeps open: tabs and devices, not a way to use up its memory. */
const MAX_STREAMS = 20
/** How long an end is kept in mind, in milliseconds: a request may have been let in just before it. */
const REMEMBERED = seconds(5)

/** A piece of the text of Server-Sent Events. With an id a client can ask for what came after it. */
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

/**
 * Who reads a kind of stream in this process: each ends at once with the session, the key, the account, the right to act
 * as somebody else or the process, and after an hour anyway. One subscription on the bus and one timer serve them all.
 */
export const createStreams = (app: App) => {
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

  app.bus.subscribe('journal', (message) => {
    const event = message as Ending
    if (!ENDINGS.test(event.type)) return
    endings.add(event)
    setTimeout(() => endings.delete(event), REMEMBERED).unref()
    for (const reader of all()) if (ends(event, reader.actor)) reader.end()
  })
  // News and ends may not have been heard of: each comes back, is looked at anew, and asks for what it missed.
  app.bus.subscribe('gap', endAll)
  app.lifetime.signal.addEventListener('abort', endAll)

  return {
    all,
    isEmpty: () => readers.size === 0,
    of: (userId: string): Iterable<Reader> => readers.get(userId) ?? [],
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
}

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

export type Streams = ReturnType<typeof createStreams>
