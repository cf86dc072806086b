import { fromWire, randomToken, toWire } from '#core'
import type { Log } from '../log/port'
import type { Redis } from '../redis/port'
import { memoryBus } from './memory'
import type { Bus } from './port'

/** Pub/sub knows no databases: two apps that share a server, each in its own, must not hear each other. */
const channelOf = (database: number) => `keel:${database}:bus`

/**
 * A bus over Redis pub/sub. This process hears its messages before `publish` returns, the others within milliseconds;
 * messages that may have been missed are made known as a message on `gap`.
 */
export const redisBus = (redis: Redis, log: Log): Bus => {
  const local = memoryBus(log)
  const origin = randomToken(8)
  const listener = redis.listening()
  const channel = channelOf(listener.options.db ?? 0)
  /** Somebody did not hear what this process had to say. */
  let unheard = false

  const tell = (name: string, message: unknown) => {
    redis
      .attempt((client) => client.publish(channel, toWire({ origin, channel: name, message })))
      .catch(() => {
        unheard = true
      })
  }
  const gap = () => local.publish('gap', {})

  listener.on('ready', async () => {
    try {
      await listener.subscribe(channel)
    } catch (error) {
      // Without its subscription it would be deaf and not know: it begins again.
      log.warn({ error }, 'the bus could not subscribe')
      listener.disconnect(true)
      return
    }
    gap()
  })
  listener.on('message', (_channel: string, text: string) => {
    const message = read(text)
    if (message && message.origin !== origin) local.publish(message.channel, message.message)
  })
  // Frozen, it keeps its connections; what could not be sent meanwhile is lost all the same.
  const end = redis.onChange((up) => {
    if (!up) return
    gap()
    if (unheard) tell('gap', {})
    unheard = false
  })

  return {
    driver: 'redis',
    publish: (name, message) => {
      local.publish(name, message)
      tell(name, message)
    },
    subscribe: local.subscribe,
    ping: redis.ping,
    close: async () => {
      end()
      listener.disconnect()
      await local.close()
    },
  }
}

interface Message {
  origin: string
  channel: string
  message: unknown
}

/** Nothing if somebody else wrote it. */
const read = (text: string): Message | undefined => {
  try {
    const found = fromWire(text)
    return isMessage(found) ? found : undefined
  } catch {
    return undefined
  }
}

const isMessage = (found: unknown): found is Message =>
  typeof found === 'object' && found !== null && 'channel' in found && typeof found.channel === 'string'
