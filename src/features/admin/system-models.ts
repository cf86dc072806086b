import { t } from 'elysia'
import { pageQuery, queryInteger, queryTime, queryWord, strictQuery } from '#http'

const STATUSES = ['queued', 'sent', 'failed', 'suppressed', 'skipped'] as const

export const EmailQuery = pageQuery(['createdAt'], {
  status: t.Optional(queryWord(...STATUSES)),
  template: t.Optional(t.String({ maxLength: 64 })),
  userId: t.Optional(t.String({ format: 'uuid', error: 'has to be the id of a person' })),
  after: t.Optional(queryTime()),
  before: t.Optional(queryTime()),
})

const time = () => t.String({ format: 'date-time' })

export const Email = t.Object({
  id: t.String(),
  template: t.String(),
  userId: t.Nullable(t.String()),
  /** Known once the mail has been composed. */
  to: t.Nullable(t.String()),
  subject: t.Nullable(t.String()),
  status: t.UnionEnum(STATUSES),
  error: t.Nullable(t.String()),
  requestId: t.Nullable(t.String()),
  createdAt: time(),
  sentAt: t.Nullable(time()),
})

export const TestEmail = t.Object({
  template: t.String({ minLength: 1, maxLength: 64, examples: ['welcome'] }),
  to: t.String({
    format: 'email',
    maxLength: 254,
    error: 'has to be an e-mail address',
    examples: ['ada@example.com'],
  }),
})

export const ByTemplate = t.Object({ name: t.String({ minLength: 1, maxLength: 64, examples: ['welcome'] }) })

export const Templates = t.Array(t.Object({ name: t.String({ examples: ['welcome'] }), category: t.String() }))

const limit = (fewest: number) =>
  t.Object(
    {
      limit: t.Integer({ minimum: fewest, maximum: 1_000_000 }),
      window: t.Integer({ minimum: 1, maximum: 86_400 }),
    },
    {
      error: `has to be { limit, window }: ${fewest} to 1000000 requests in 1 to 86400 seconds`,
      examples: [{ limit: 300, window: 60 }],
    },
  )

/** The general limit never shuts out those who would put it right. */
const FEWEST_GENERAL = 20

const Tiers = t.Record(t.String({ maxLength: 32 }), limit(1))

export const Limits = t.Object({ general: limit(1), tiers: Tiers, dryRun: t.Boolean() })

export const LimitChange = t.Object({
  general: t.Optional(t.Nullable(limit(FEWEST_GENERAL))),
  tiers: t.Optional(
    t.Record(t.String({ maxLength: 32 }), t.Nullable(limit(1)), { examples: [{ login: { limit: 30, window: 60 } }] }),
  ),
  dryRun: t.Optional(t.Boolean()),
})

export const StatsQuery = strictQuery({ days: t.Optional(queryInteger(1, 90)) })

const ByDay = t.Array(t.Object({ date: t.String({ format: 'date' }), count: t.Integer() }))

export const Stats = t.Object({
  generatedAt: time(),
  /** What there is, by name: `users`, `sessions` and what further features count. */
  totals: t.Record(t.String(), t.Number()),
  signUps: ByDay,
  signIns: ByDay,
  storage: t.Object({ driver: t.String(), databaseBytes: t.Nullable(t.Integer()) }),
  queue: t.Object({
    driver: t.Optional(t.String()),
    waiting: t.Integer(),
    running: t.Integer(),
    dead: t.Integer(),
    lagMs: t.Number(),
  }),
  /** Of the last 24 hours, but dead jobs, which wait for somebody. */
  errors: t.Object({ failedSignIns: t.Integer(), failedMails: t.Integer(), deadJobs: t.Integer() }),
})

const Minute = t.Object({
  at: time(),
  requests: t.Integer(),
  refused: t.Integer({ description: 'Answered with a 4xx.' }),
  failed: t.Integer({ description: 'Answered with a 5xx.' }),
  p50: t.Nullable(t.Number({ description: 'Milliseconds that half of them did not take longer than, rounded up.' })),
  p95: t.Nullable(t.Number()),
})

export const System = t.Object({
  version: t.String(),
  environment: t.String({ examples: ['production'] }),
  mode: t.String({ examples: ['all'] }),
  upSince: time(),
  parts: t.Array(
    t.Object({
      name: t.String({ examples: ['database'] }),
      connected: t.Boolean({ description: 'False: it is embedded in this process.' }),
      detail: t.Nullable(t.String({ examples: ['data/keel.db'] })),
    }),
  ),
  traffic: t.Array(Minute, { description: 'Requests to the API in the last hour, by the minute, of this process.' }),
})

export const Deprecations = t.Object({
  versions: t.Array(
    t.Object({
      version: t.String({ examples: ['v1'] }),
      deprecatedAt: t.Nullable(time()),
      sunsetAt: t.Nullable(time()),
      successor: t.Nullable(t.String({ examples: ['v2'] })),
    }),
  ),
  data: t.Array(
    t.Object({
      version: t.String({ examples: ['v1'] }),
      method: t.String({ examples: ['GET'] }),
      route: t.String({ examples: ['/api/v1/users/:id'] }),
      consumer: t.Object({
        type: t.UnionEnum(['user', 'api-key', 'anonymous']),
        id: t.Nullable(t.String({ description: 'Of the person or the API key.' })),
        userId: t.Nullable(t.String()),
        name: t.Nullable(t.String({ description: 'The person, or whose key it is.' })),
      }),
      requests: t.Integer(),
      lastAt: time(),
    }),
  ),
  meta: t.Object({ limit: t.Integer(), nextCursor: t.Null() }),
})
