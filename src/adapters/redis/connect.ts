import type { Redis as Client, RedisOptions } from 'ioredis'
import { seconds } from '#core'
import type { Log } from '../log/port'
import type { Redis } from './port'

/** Milliseconds after which a command has failed. A healthy Redis answers in less than one. */
const ANSWER_LIMIT = 300
const CONNECT_LIMIT = seconds(1)
/** How often it is asked whether it is there, in milliseconds: so long until somebody notices, at most. */
const PULSE = 500
/** Silence in milliseconds after which a connection is given up: what is behind it may be gone without a word. */
const SILENCE = seconds(3)
const MAX_RECONNECT_PAUSE = seconds(1)

class RedisIsGone extends Error {
  override name = 'RedisIsGone'
}

/** What its errors mean: it is there, and says that it cannot serve anybody. */
const CANNOT_SERVE = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|NOAUTH|WRONGPASS)/

const isAnswer = (error: unknown) =>
  error instanceof Error && error.name === 'ReplyError' && !CANNOT_SERVE.test(error.message)

/** Anywhere up to a limit that doubles, so that many processes do not come back in one instant. */
const reconnectPause = (tries: number) =>
  50 + Math.random() * Math.min(MAX_RECONNECT_PAUSE, 50 * 2 ** Math.min(tries, 10))

/**
 * Throws if the answer takes longer than the limit. Not the client's own timeout: that one fires as well when it was this
 * process that was busy, and the answer lies there unread. Here it is read first.
 */
const inTime = <T>(work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = () => reject(new RedisIsGone(`No answer within ${ANSWER_LIMIT} ms`))
    const timer = setTimeout(() => setImmediate(() => setImmediate(late)), ANSWER_LIMIT)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })

/**
 * A connection that fails fast behind a circuit: the first command that is not answered in time opens it, so that not
 * every request pays the wait, and a pulse closes it again. `make` makes a client with these options.
 */
export const connectRedis = (make: (options: RedisOptions) => Client, log: Log): Redis => {
  const listeners = new Set<(up: boolean) => void>()
  const made = new Set<Client>()
  const listening = new Set<Client>()
  let up = false
  let closing = false
  let reason = 'it has not answered yet'

  const change = (to: boolean) => {
    if (up === to || closing) return
    up = to
    if (up) log.info({}, 'Redis is there')
    else log.warn({ reason }, 'Redis is gone: this process goes on without it')
    for (const listener of [...listeners]) listener(up)
  }

  const connect = (options: RedisOptions): Client => {
    const client = make({
      connectTimeout: CONNECT_LIMIT,
      retryStrategy: reconnectPause,
      // After a failover the old address answers that it may not write any more.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...options,
    })
    // Nobody else listens; without a listener an error would end the process.
    client.on('error', (error: Error) => {
      reason = error.message
    })
    client.once('end', () => made.delete(client))
    made.add(client)
    return client
  }

  const client = connect({
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    socketTimeout: SILENCE,
  })

  const attempt = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    if (!up) throw new RedisIsGone(`Redis is gone: ${reason}`)
    try {
      return await inTime(work(client))
    } catch (error) {
      if (!isAnswer(error)) {
        reason = error instanceof Error ? error.message : 'it failed'
        change(false)
      }
      throw error
    }
  }

  const beat = async () => {
    for (const other of listening) if (other.status === 'ready') other.ping().catch(() => {})
    if (client.status !== 'ready') return
    try {
      await inTime(client.ping())
      change(true)
    } catch (error) {
      reason = error instanceof Error ? error.message : 'it failed'
      change(false)
    }
  }

  client.on('ready', () => change(true))
  client.on('close', () => change(false))
  const pulse = setInterval(beat, PULSE)

  return {
    get up() {
      return up
    },
    attempt,
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    blocking: () => connect({ maxRetriesPerRequest: null }),
    listening: () => {
      // It is asked from time to time: a connection that died in silence would never tell.
      const other = connect({ maxRetriesPerRequest: null, socketTimeout: SILENCE, autoResubscribe: false })
      listening.add(other)
      other.once('end', () => listening.delete(other))
      return other
    },
    ping: async () => void (await attempt((client) => client.ping())),
    close: async () => {
      closing = true
      clearInterval(pulse)
      listeners.clear()
      for (const each of made) each.disconnect()
    },
  }
}
