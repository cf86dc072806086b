import { type Actor, minutes, perApp } from '#core'
import type { Exchange } from './exchange'

/** How often what was counted is handed on, so that a request costs no write. */
const WRITE_EVERY = minutes(1)
/** Consumers and routes told apart between two writes; what is beyond is not counted. */
const MAX_ENTRIES = 5000

/** Who called what of a deprecated version how often, on one day. */
interface DeprecatedUse {
  /** UTC, `2026-11-22`. */
  day: string
  version: string
  method: string
  /** Template such as `/api/v1/users/:id`. */
  route: string
  consumerType: 'user' | 'api-key' | 'anonymous'
  /** Of the person or the key; empty for a stranger. */
  consumerId: string
  userId: string | null
  requests: number
  lastAt: Date
}

type Store = (uses: DeprecatedUse[]) => Promise<void>

/** Counts requests to deprecated versions by route and consumer, and hands the numbers to whoever keeps them. */
export const deprecatedUseOf = perApp((app) => {
  let store: Store | undefined
  let uses = new Map<string, DeprecatedUse>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing = Promise.resolve()

  const note = ({ headers, policy, version, identity }: Exchange) => {
    if (!headers.deprecation || !policy || !version || !store) return
    const now = app.clock.now()
    const consumer = consumerOf(identity?.actor)
    const day = now.toISOString().slice(0, 10)
    const key = `${day} ${consumer.consumerType} ${consumer.consumerId} ${policy.method} ${policy.template}`
    const known = uses.get(key)
    if (known) Object.assign(known, { requests: known.requests + 1, lastAt: now })
    else if (uses.size < MAX_ENTRIES)
      uses.set(key, {
        ...{ day, version, method: policy.method, route: policy.template },
        ...consumer,
        ...{ requests: 1, lastAt: now },
      })
    timer ??= setTimeout(() => void write(), WRITE_EVERY).unref()
  }

  /** Hands on what was counted, and resolves when that is done. No request waits for it, or fails with it. */
  const write = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const counted = [...uses.values()]
    uses = new Map()
    if (counted.length > 0) writing = writing.then(() => hand(counted))
    return writing
  }

  const hand = async (counted: DeprecatedUse[]) => {
    try {
      await store?.(counted)
    } catch (error) {
      app.log.warn({ error: String(error) }, 'who uses deprecated routes was not noted')
    }
  }

  return {
    note,
    write,
    /** Keeps the numbers there from now on; without, nothing is counted. */
    writeTo: (kept: Store) => {
      store = kept
    },
  }
})

const consumerOf = (actor: Actor | undefined): Pick<DeprecatedUse, 'consumerType' | 'consumerId' | 'userId'> => {
  switch (actor?.type) {
    case 'user':
    case 'impersonator':
      return { consumerType: 'user', consumerId: actor.userId, userId: actor.userId }
    case 'api-key':
      return { consumerType: 'api-key', consumerId: actor.apiKeyId, userId: actor.userId }
    default:
      return { consumerType: 'anonymous', consumerId: '', userId: null }
  }
}
