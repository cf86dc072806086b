import type { AnyElysia } from 'elysia'
import type { MailType } from '../mail'
import type { SignedActor } from './actor'
import type { App, Context, Tx } from './app'
import type { EventType, RecordedEvent } from './event'
import type { FailureTable } from './failure'
import type { JobType, Schedule } from './job'
import type { Permission } from './permission'

/** Who a request turned out to be. */
export interface Identity {
  actor: SignedActor
  /** It is counted in a bucket of its own: by the general limit, or by one of its own (`window` in seconds). */
  limit?: { key: string; own?: { limit: number; window: number } }
}

/** Work that follows an event: one job per event, added in the event's transaction. */
export interface Subscriber {
  /** Event names this listens to; `*` is every one. */
  events: readonly string[]
  job: JobType<{ eventId: string }>
  /** Called before the job is added; false adds none. */
  wants?: (ctx: Context, event: RecordedEvent) => boolean | Promise<boolean>
}

/** A further step that sign-in asks for, such as a second factor. */
export interface SignInCheck {
  /**
   * Asked once the password is right. A challenge stops the sign-in until it is met; keep `passwordMark` and hand it to
   * `begin` then, so that a challenge does not outlive the password that it began with.
   */
  challenge: (ctx: Context, userId: string, passwordMark: string) => Promise<SignInChallenge | undefined>
  /** Where a password proves somebody again (step-up, deletion): throws unless the code fits, if one is needed. */
  confirm: (ctx: Context, userId: string, code: string | undefined) => Promise<void>
}

export interface SignInChallenge {
  mfaToken: string
  methods: string[]
  /** Seconds. */
  expiresIn: number
}

/** A request that was turned away, in the words of the refusal: its code, never what was sent. */
export interface Refused {
  ctx: Context
  method: string
  /** Route template such as `/api/v1/users/:id`. */
  route: string
  status: number
  code: string
  /** What the route asks of its callers, and its rate-limit tier, if it has them. */
  permission: string | undefined
  tier: string | undefined
}

export interface HealthReport {
  status: 'pass' | 'warn' | 'fail'
  /** For operators only. */
  detail?: Record<string, unknown>
  /** Numbers worth a graph and an alert: `backup_age_seconds` is `keel_backup_age_seconds` at `/metrics`. */
  gauges?: Record<string, number>
}

/** Whether there is more to erase. */
// biome-ignore lint/suspicious/noConfusingVoidType: most have few rows, and nothing to say
export type Erased = 'more' | undefined | void

/** Everything a feature is. The house reads these; it knows no feature by name. */
export interface Feature {
  name: string
  /** Routes under `/api/<version>`. Called once per version if it takes the version, else once for all. */
  routes?: (app: App, version: string) => AnyElysia
  /** Routes outside `/api`: pages people open. */
  pages?: (app: App) => AnyElysia
  failures?: { readonly table: FailureTable }
  // biome-ignore lint/suspicious/noExplicitAny: payloads differ from event to event, job to job and mail to mail
  events?: readonly EventType<any>[]
  // biome-ignore lint/suspicious/noExplicitAny: see above
  jobs?: readonly JobType<any>[]
  // biome-ignore lint/suspicious/noExplicitAny: see above
  mails?: readonly MailType<any>[]
  schedule?: readonly Schedule[]
  on?: readonly Subscriber[]
  /** Recognises a credential. Nothing if it carries none of ours; a Failure if it is a bad one. */
  authenticate?: (app: App) => (request: Request) => Promise<Identity | undefined> | Identity | undefined
  signInCheck?: SignInCheck
  /** Told of each 4xx on a known route before it is answered. Has to be quick, and must not throw. */
  onRefused?: (app: App) => (refused: Refused) => Promise<void> | void
  /** Drops what a stranger may have planted in an account before its owner proved the address. Runs in the reset. */
  dropCredentials?: (tx: Tx, ctx: Context, userId: string) => Promise<void>
  /** Ends what lets somebody in, such as sessions: when they are banned or deleted, in the same transaction. */
  endAccess?: (tx: Tx, ctx: Context, userId: string, reason: 'banned' | 'deleted') => Promise<void>
  /** True if this file is a picture of that person's own that may stand for them. */
  mayBeAvatar?: (tx: Tx, ctx: Context, userId: string, fileId: string) => Promise<boolean>
  /** Name → what it allows. */
  permissions?: Readonly<Partial<Record<Permission, string>>>
  /** How much there is of what is its own, by name: for those who look after the whole. */
  totals?: (ctx: Context) => Promise<Record<string, number>>
  health?: (app: App) => Promise<HealthReport>
  /** What is held about a person: file name → JSON. */
  exportUser?: (ctx: Context, userId: string) => Promise<Record<string, unknown>>
  /**
   * Removes what is held about a person. Where that may be many rows, takes some (`someOf` in `#db`) and says `more`: it
   * is called again, so that nobody has to wait for it. Called a last time in one transaction with all others.
   */
  eraseUser?: (tx: Tx, ctx: Context, userId: string) => Promise<Erased>
  /** Rows that have to be there. Runs at each start; must be repeatable. */
  seed?: (ctx: Context) => Promise<void>
}

/** Keeps the literal types of a manifest. */
export const defineFeature = <const F extends Feature>(feature: F): F => feature
