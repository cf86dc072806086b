import type { Static, TObject } from '@sinclair/typebox'
import { desc, sql } from 'drizzle-orm'
import {
  actorId,
  type Context,
  type EventType,
  type Feature,
  newId,
  type RecordedEvent,
  type Subscriber,
  type Tx,
} from '#core'
import { prepared } from '#db'
import { contentDigest, GENESIS, type Link, newSalt, originDigest, rowHash } from './chain'
import { events, journalRetention, type Row } from './schema'

const lastRow = prepared((db) =>
  db.select({ seq: events.seq, hash: events.hash }).from(events).orderBy(desc(events.seq)).limit(1).prepare(),
)

const checkpoint = prepared((db) =>
  db
    .select({ seq: journalRetention.seq, hash: journalRetention.hash })
    .from(journalRetention)
    .orderBy(desc(journalRetention.seq))
    .limit(1)
    .prepare(),
)

/** Where the chain begins: at the last retired row, or at nothing. */
export const beginning = async (db: Pick<Tx, 'statement'>): Promise<Link> => (await checkpoint(db).get()) ?? GENESIS

const insert = prepared((db) => {
  // Bare placeholders: the encoders of drizzle do not expect null.
  const value = (name: keyof Row) => sql`${sql.placeholder(name)}`
  return db
    .insert(events)
    .values({
      seq: value('seq'),
      id: value('id'),
      type: value('type'),
      outcome: value('outcome'),
      actorType: value('actorType'),
      actorId: value('actorId'),
      impersonatorId: value('impersonatorId'),
      subjectType: value('subjectType'),
      subjectId: value('subjectId'),
      userId: value('userId'),
      requestId: value('requestId'),
      createdAt: value('createdAt'),
      payload: value('payload'),
      subjectLabel: value('subjectLabel'),
      contentSalt: value('contentSalt'),
      contentDigest: value('contentDigest'),
      ip: value('ip'),
      userAgent: value('userAgent'),
      originSalt: value('originSalt'),
      originDigest: value('originDigest'),
      prevHash: value('prevHash'),
      hash: value('hash'),
    })
    .prepare()
})

/** Appends one row to the chain and adds the jobs of those who listen. See the port. */
export const recorder = (features: readonly Feature[]) => {
  const subscribersOf = subscribers(features)
  return async <S extends TObject>(
    tx: Tx,
    ctx: Context,
    event: EventType<S>,
    payload: Static<S>,
  ): Promise<RecordedEvent> => {
    const last = (await lastRow(tx).get()) ?? (await beginning(tx))
    const row = rowOf(ctx, event, payload, last)
    await insert(tx).run({ ...row, createdAt: row.createdAt.getTime() })
    const recorded = shown(row)
    for (const { job, wants } of subscribersOf(event.name)) {
      if (!wants || (await wants(ctx, recorded))) await ctx.queue.enqueue(tx, ctx, job, { eventId: row.id })
    }
    tx.markRecorded()
    tx.afterCommit(() => {
      ctx.span?.note(event.name, { 'keel.event_id': recorded.id })
      ctx.bus.publish('journal', recorded)
    })
    return recorded
  }
}

const rowOf = <S extends TObject>(ctx: Context, event: EventType<S>, payload: Static<S>, last: Link): Row => {
  const subject = event.subject(payload)
  const parts = {
    payload: JSON.stringify(payload),
    subjectLabel: subject.label ?? null,
    contentSalt: newSalt(),
    ip: ctx.ip,
    userAgent: ctx.userAgent,
    originSalt: newSalt(),
  }
  const fixed = {
    seq: last.seq + 1,
    id: newId(),
    type: event.name,
    outcome: event.failed ? ('failure' as const) : ('success' as const),
    actorType: ctx.actor.type,
    actorId: actorId(ctx.actor),
    impersonatorId: ctx.actor.type === 'impersonator' ? ctx.actor.adminId : null,
    subjectType: subject.type,
    subjectId: subject.id,
    userId: event.about?.(payload) ?? null,
    requestId: ctx.requestId,
    createdAt: ctx.now,
    contentDigest: contentDigest(parts),
    originDigest: originDigest(parts),
  }
  return { ...parts, ...fixed, prevHash: last.hash, hash: rowHash(fixed, last.hash) }
}

/** A row as readers see it: without the chain, and with an empty payload once it is erased. */
export const shown = (row: Row): RecordedEvent => ({
  seq: row.seq,
  id: row.id,
  type: row.type,
  payload: row.payload === null ? {} : (JSON.parse(row.payload) as Record<string, unknown>),
  outcome: row.outcome,
  actorType: row.actorType,
  actorId: row.actorId,
  impersonatorId: row.impersonatorId,
  subjectType: row.subjectType,
  subjectId: row.subjectId,
  subjectLabel: row.subjectLabel,
  userId: row.userId,
  ip: row.ip,
  userAgent: row.userAgent,
  requestId: row.requestId,
  createdAt: row.createdAt,
})

/** Who listens to an event. */
const subscribers = (features: readonly Feature[]) => {
  const all = features.flatMap((feature) => feature.on ?? [])
  const known = new Map<string, Subscriber[]>()
  return (name: string): Subscriber[] => {
    let found = known.get(name)
    if (!found) {
      found = all.filter(({ events }) => events.includes(name) || events.includes('*'))
      known.set(name, found)
    }
    return found
  }
}
