import { and, asc, eq, gt } from 'drizzle-orm'
import { type App, hours, perApp, type RecordedEvent, type Signed, type SignedActor, seconds } from '#core'
import { notifications } from './schema'
import { type NotificationView, view } from './view'

/** Something comes at least this often, so that no proxy takes the stream for dead. */
const PING_EVERY = seconds(15)
/** A client comes back by itself; so none holds on to what it was allowed for longer than this. */
const MAX_AGE = hours(1)
/** Notifications that a slow reader may be behind; then it starts again and asks for what it missed. */
const MAX_BEHIND = 100
/** Missed notifications that are sent again. */
const MAX_REPLAY = 200

interface Reader {
  actor: SignedActor
  push: (frame: string) => void
  end: () => void
}

/** Who is listening in this process. One subscription on the bus serves them all. */
const hub = perApp((app: App) => {
  const readers = new Map<string, Set<Reader>>()
  app.bus.subscribe('notifications', (message) => {
    const { userId, notification } = message as { userId: string; notification: NotificationView }
    for (const reader of readers.get(userId) ?? []) reader.push(frame(notification))
  })
  app.bus.subscribe('journal', (message) => {
    const event = message as Pick<RecordedEvent, 'type' | 'userId' | 'payload'>
    for (const reader of readers.get(event.userId ?? '') ?? []) if (ends(event, reader.actor)) reader.end()
  })
  return {
    add: (reader: Reader) => {
      const mine = readers.get(reader.actor.userId) ?? new Set()
      readers.set(reader.actor.userId, mine.add(reader))
      return () => {
        mine.delete(reader)
        if (mine.size === 0) readers.delete(reader.actor.userId)
      }
    },
  }
})

/** True if an event takes away what lets this reader in. */
const ends = ({ type, payload }: Pick<RecordedEvent, 'type' | 'payload'>, actor: SignedActor): boolean => {
  if (type === 'user.banned' || type === 'user.deleted') return true
  if (type === 'session.revoked' && actor.type !== 'api-key')
    return Array.isArray(payload.sessionIds) && payload.sessionIds.includes(actor.sessionId)
  return (
    type.startsWith('api_key.') &&
    actor.type === 'api-key' &&
    payload.apiKeyId === actor.apiKeyId &&
    type !== 'api_key.renamed'
  )
}

const frame = (notification: NotificationView) =>
  `id: ${notification.id}\nevent: notification\ndata: ${JSON.stringify(notification)}\n\n`

/**
 * The caller's notifications as they come, in the text of Server-Sent Events: first those after `lastEventId`, then live.
 * Ends at once with the session, the key or the account, when `signal` aborts or the process stops; after an hour anyway.
 */
export async function* stream(
  ctx: Signed,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const waiting: string[] = []
  let ended = false
  let wake: () => void = () => {}
  const reader: Reader = {
    actor: ctx.actor,
    push: (text) => {
      waiting.push(text)
      if (waiting.length > MAX_BEHIND) ended = true
      wake()
    },
    end: () => {
      ended = true
      waiting.length = 0
      wake()
    },
  }
  const leave = hub(ctx).add(reader)
  const gone = AbortSignal.any([signal, ctx.lifetime.signal])
  gone.addEventListener('abort', reader.end, { once: true })
  const ping = setInterval(() => reader.push(': ping\n\n'), PING_EVERY)
  const limit = setTimeout(reader.end, MAX_AGE)
  try {
    // What arrives while the missed ones are read may be among them: the client knows it by its id.
    yield 'retry: 2000\n\n'
    if (lastEventId) for (const missed of await missedBy(ctx, lastEventId)) yield frame(view(missed))
    while (!ended && !gone.aborted) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    clearInterval(ping)
    clearTimeout(limit)
    leave()
  }
}

/** Ids are made in the order of time, so an id is a place in it. */
const missedBy = (ctx: Signed, lastEventId: string) =>
  ctx.db
    .select()
    .from(notifications)
    .where(and(eq(notifications.userId, ctx.actor.userId), gt(notifications.id, lastEventId)))
    .orderBy(asc(notifications.id))
    .limit(MAX_REPLAY)
