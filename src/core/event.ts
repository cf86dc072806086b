import type { Static, TObject } from '@sinclair/typebox'

/** What a journal row is about. `label` is for people and is erased with the person. */
export interface Subject {
  type: string
  id: string
  label?: string
}

export interface EventOptions<S extends TObject> {
  /** What the row carries. Never a secret: it is shown to admins, and to webhooks when `public`. */
  payload: S
  subject: (payload: Static<S>) => Subject
  /** The user whose history it belongs to, whoever acted; decides activity feed, webhooks and erasure. */
  about?: (payload: Static<S>) => string | undefined
  /** One line for people, to be read after the actor's name: `changed the password`. */
  summary: string
  /** Offered to webhooks under this name. A promise to integrators: do not rename. */
  public?: boolean
  /** A refused attempt rather than a change. */
  failed?: boolean
  /** Tells the person it is about, by the channels they chose for its category. */
  notify?: { category: NotificationCategory; title: (payload: Static<S>) => string; link?: string }
}

/** What people choose channels by. `security` cannot be turned off. */
export type NotificationCategory = 'security' | 'account' | 'activity' | 'system'

/** A kind of thing that happened, in the past tense: `user.registered`. */
export interface EventType<S extends TObject = TObject> extends EventOptions<S> {
  name: string
}

export const defineEvent = <S extends TObject>(name: string, options: EventOptions<S>): EventType<S> => ({
  name,
  ...options,
})

/** A row of the journal as its readers see it. */
export interface RecordedEvent<P = Record<string, unknown>> {
  /** Position in the journal; rises by one for each row. */
  seq: number
  id: string
  type: string
  payload: P
  outcome: 'success' | 'failure'
  actorType: string
  actorId: string | null
  impersonatorId: string | null
  subjectType: string
  subjectId: string
  subjectLabel: string | null
  userId: string | null
  ip: string | null
  userAgent: string | null
  requestId: string | null
  createdAt: Date
}
