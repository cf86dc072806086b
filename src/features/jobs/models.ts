import { t } from 'elysia'
import { pageQuery } from '#http'

const Status = t.Union(
  [
    t.Literal('scheduled'),
    t.Literal('waiting'),
    t.Literal('running'),
    t.Literal('done'),
    t.Literal('failed'),
    t.Literal('dead'),
  ],
  { error: 'has to be one of scheduled, waiting, running, done, failed, dead' },
)
const time = () => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'] })

export const JobQuery = pageQuery(['createdAt'], {
  queue: t.Optional(t.String({ maxLength: 100, error: 'has to be the name of a queue', examples: ['mail'] })),
  status: t.Optional(Status),
})

export type JobQuery = typeof JobQuery.static

export const ById = t.Object({ id: t.String({ format: 'uuid' }) })
export const ByName = t.Object({ name: t.String({ minLength: 1, maxLength: 100 }) })

export const Job = t.Object(
  {
    id: t.String({ format: 'uuid' }),
    name: t.String({ examples: ['mail.deliver'] }),
    queue: t.String({ examples: ['mail'] }),
    status: Status,
    attempts: t.Integer({ description: 'Attempts begun.' }),
    maxAttempts: t.Integer(),
    priority: t.Integer(),
    payload: t.Unknown({ description: 'Ids of what it is about.' }),
    requestId: t.Nullable(t.String({ description: 'The request that added it.' })),
    createdAt: time(),
    runAt: time(),
    startedAt: t.Optional(time()),
    finishedAt: t.Optional(time()),
    lastError: t.Optional(t.String()),
    progress: t.Optional(t.Number({ minimum: 0, maximum: 1 })),
    worker: t.Optional(t.String({ description: 'Who runs it: host, process, worker.', examples: ['app-1/42/k3xQ'] })),
    leasedUntil: t.Optional(time()),
  },
  { title: 'Job' },
)

export const Queue = t.Object(
  {
    name: t.String({ examples: ['mail'] }),
    paused: t.Boolean(),
    waiting: t.Integer({ description: 'Due or not.' }),
    running: t.Integer(),
    failed: t.Integer({ description: 'Dead letters, and jobs between two attempts.' }),
    driver: t.String({ examples: ['embedded'] }),
  },
  { title: 'Queue' },
)

export const Schedule = t.Object(
  {
    name: t.String({ examples: ['audit.check'] }),
    cron: t.String({ description: 'In UTC.', examples: ['47 4 * * *'] }),
    nextRunAt: t.Nullable(time()),
    lastRunAt: t.Optional(time()),
    lastStatus: t.Optional(Status),
  },
  { title: 'Schedule' },
)

const all = <T extends typeof Queue | typeof Schedule>(item: T) =>
  t.Object({ data: t.Array(item), meta: t.Object({ limit: t.Integer(), nextCursor: t.Null() }) })

export const Queues = all(Queue)
export const Schedules = all(Schedule)
export const Started = t.Object({ jobId: t.String({ format: 'uuid' }) })
