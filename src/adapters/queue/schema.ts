import { sql } from 'drizzle-orm'
import { index, integer, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { json, timestamp } from '../database/columns'

/**
 * `scheduled` (not due yet) → `waiting` → `running` → `done`; after a failed attempt `failed` until it is tried again,
 * after the last one `dead`. These names are also the API's.
 */
export const STATUSES = ['scheduled', 'waiting', 'running', 'done', 'failed', 'dead'] as const
export type JobStatus = (typeof STATUSES)[number]

/** Background work: the truth about it in every deployment, whoever carries it. Happy jobs touch as few indexes as can be. */
export const jobs = sqliteTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    queue: text('queue').notNull(),
    /** Ids, never tokens or passwords. */
    payload: json<unknown>('payload').notNull(),
    status: text('status', { enum: STATUSES }).notNull(),
    priority: integer('priority').notNull(),
    runAt: timestamp('run_at').notNull(),
    /** Attempts begun, the running one included. */
    attempts: integer('attempts').notNull().default(0),
    maxAttempts: integer('max_attempts').notNull(),
    /** The worker that runs it, which has to say so again before `leasedUntil`. */
    leasedBy: text('leased_by'),
    leasedUntil: timestamp('leased_until'),
    dedupeKey: text('dedupe_key'),
    /** From 0 to 1. */
    progress: real('progress'),
    /** Class and message of the last failure, without values that look like secrets or addresses. */
    lastError: text('last_error'),
    requestId: text('request_id'),
    /** W3C trace context of whoever added it. */
    traceparent: text('traceparent'),
    startedAt: timestamp('started_at'),
    finishedAt: timestamp('finished_at'),
    createdAt: timestamp('created_at').notNull(),
  },
  (t) => [
    index('jobs_waiting').on(t.queue, sql`${t.priority} desc`, t.runAt, t.id).where(sql`status = 'waiting'`),
    index('jobs_delayed').on(t.runAt).where(sql`status in ('scheduled', 'failed')`),
    index('jobs_running').on(t.leasedUntil).where(sql`status = 'running'`),
    index('jobs_dead').on(t.id).where(sql`status = 'dead'`),
    uniqueIndex('jobs_dedupe').on(t.dedupeKey).where(sql`dedupe_key is not null`),
  ],
)

export type Job = typeof jobs.$inferSelect

/** Queues that somebody has paused. */
export const pausedQueues = sqliteTable('paused_queues', {
  name: text('name').primaryKey(),
  pausedAt: timestamp('paused_at').notNull(),
})

/** The last tick of each schedule, and the job that it added. */
export const schedules = sqliteTable('schedules', {
  name: text('name').primaryKey(),
  tick: timestamp('tick').notNull(),
  jobId: text('job_id'),
})
