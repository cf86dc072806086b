import type { Bus } from '../adapters/bus/port'
import type { Cache } from '../adapters/cache/port'
import type { Count, Counters } from '../adapters/counters/port'
import type { Database, Reader, Tx } from '../adapters/database/port'
import type { Idempotency } from '../adapters/idempotency/port'
import type { Images } from '../adapters/images/port'
import type { Journal } from '../adapters/journal/port'
import type { Log } from '../adapters/log/port'
import type { Mailer } from '../adapters/mailer/port'
import type { Outbound } from '../adapters/outbound/port'
import type { Passwords } from '../adapters/passwords/port'
import type { Queue } from '../adapters/queue/port'
import type { Redis } from '../adapters/redis/port'
import type { Storage } from '../adapters/storage/port'
import type { Span, Traces } from '../adapters/traces/port'
import type { Config } from '../config'
import type { Actor, SignedActor } from './actor'
import type { Feature } from './feature'
import type { Clock } from './time'

/** What lives as long as the process. Built once in `src/app.ts`; there is no other state. */
export interface App {
  readonly config: Config
  readonly database: Database
  /** Reads. Writes go through `transaction`. */
  readonly db: Reader
  readonly journal: Journal
  readonly queue: Queue
  readonly cache: Cache
  readonly counters: Counters
  readonly storage: Storage
  /** Where backups are kept. */
  readonly vault: Storage
  readonly images: Images
  readonly mailer: Mailer
  readonly passwords: Passwords
  /** The only way to call an address that somebody typed in. */
  readonly outbound: Outbound
  readonly idempotency: Idempotency
  readonly bus: Bus
  /** What the drivers of queue, cache, counters and bus share where there is one. Use those. */
  readonly redis: Redis | undefined
  readonly log: Log
  /** Where spans are collected, if anywhere. Use `traced`. */
  readonly traces: Traces | undefined
  readonly clock: Clock
  readonly features: readonly Feature[]
  /** Aborted when the process begins to stop: ends what would otherwise go on for ever, such as event streams. */
  readonly lifetime: AbortController
}

/** Why `lifetime` is aborted when the process is to open everything anew and go on, instead of ending. */
export const REOPEN = 'reopen'

/** An App on behalf of somebody: what every verb takes first. `now` does not move while one operation runs. */
export interface Context extends App {
  readonly actor: Actor
  readonly requestId: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly now: Date
  /** The span that this operation is part of, or the caller's own (W3C Trace Context): handed on to jobs and webhooks. */
  readonly traceparent: string | null
  /** That span, where traces are collected. */
  readonly span?: Span
  /** Last query of each transaction of this operation: an idempotency key notes there that it took effect. */
  readonly beforeCommit?: (tx: Tx) => Promise<void>
}

/** A context whose actor is known. */
export interface Signed extends Context {
  readonly actor: SignedActor
}

export type { Count, Tx }

interface Origin {
  actor: Actor
  requestId?: string | null
  ip?: string | null
  userAgent?: string | null
  traceparent?: string | null
  span?: Span
  beforeCommit?: Context['beforeCommit']
}

/** A context for one operation. Inherits from the App instead of copying it. */
export const contextOf = (app: App, origin: Origin): Context =>
  Object.assign(Object.create(app), {
    actor: origin.actor,
    requestId: origin.requestId ?? null,
    ip: origin.ip ?? null,
    userAgent: origin.userAgent ?? null,
    now: app.clock.now(),
    traceparent: origin.traceparent ?? null,
    span: origin.span,
    beforeCommit: origin.beforeCommit,
  })

/** A context for work that nobody asked for in person. */
export const systemContext = (app: App, name: string): Context => contextOf(app, { actor: { type: 'system', name } })
