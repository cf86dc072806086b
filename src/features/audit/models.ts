import { t } from 'elysia'
import { pageQuery, queryTime } from '#http'

const Name = '[a-z][a-z0-9_-]*'

const filters = {
  actorId: t.Optional(
    t.String({
      minLength: 1,
      maxLength: 100,
      error: 'has to be the id of a person, or the name of a part of the system',
      description: 'Who acted, also in somebody else’s place.',
    }),
  ),
  action: t.Optional(
    t.String({
      maxLength: 100,
      pattern: `^${Name}(\\.${Name})*(\\.\\*)?$`,
      error: 'has to be an action such as user.banned, or a group of them such as user.*',
      examples: ['user.*'],
    }),
  ),
  outcome: t.Optional(t.Union([t.Literal('success'), t.Literal('failure')], { error: 'has to be success or failure' })),
  resource: t.Optional(
    t.String({
      maxLength: 300,
      pattern: `^${Name}(:.+)?$`,
      error: 'has to be a type such as user, or a type and an id such as user:0193…',
      examples: ['user'],
    }),
  ),
  ip: t.Optional(
    t.String({ pattern: '^[\\da-fA-F:.]{2,45}$', error: 'has to be an address', examples: ['203.0.113.7'] }),
  ),
  requestId: t.Optional(
    t.String({ pattern: '^[\\w-]{8,64}$', error: 'has to be a request id', examples: ['V1nX4mq0aPzK-00002a'] }),
  ),
  after: t.Optional(queryTime()),
  before: t.Optional(queryTime()),
}

export const AuditQuery = pageQuery(['createdAt'], filters)
export const ExportQuery = t.Object({
  format: t.Optional(
    t.Union([t.Literal('csv'), t.Literal('ndjson')], { default: 'csv', error: 'has to be csv or ndjson' }),
  ),
  ...filters,
})
export const VerifyQuery = t.Object({
  after: t.Optional(
    t.String({
      pattern: '^(0|[1-9]\\d{0,14})$',
      error: 'has to be the position of a row',
      'x-integer': { minimum: 0 },
    }),
  ),
})

export type Filters = Omit<typeof ExportQuery.static, 'format'>

export const AuditEntry = t.Object(
  {
    seq: t.Integer({ description: 'Position in the log; rises by one.' }),
    id: t.String({ format: 'uuid' }),
    action: t.String({ examples: ['user.updated'] }),
    outcome: t.Union([t.Literal('success'), t.Literal('failure')]),
    actor: t.Object({
      type: t.String({ examples: ['user'] }),
      id: t.Nullable(t.String()),
      name: t.Nullable(t.String({ examples: ['Ada Lovelace'] })),
    }),
    impersonatorId: t.Optional(t.String({ description: 'The admin who acted in the actor’s place.' })),
    resource: t.Object({ type: t.String({ examples: ['user'] }), id: t.String(), label: t.Nullable(t.String()) }),
    before: t.Optional(t.Unknown()),
    after: t.Optional(t.Unknown()),
    details: t.Record(t.String(), t.Unknown(), { description: 'What else is known of it. Empty once it is erased.' }),
    ip: t.Nullable(t.String()),
    userAgent: t.Nullable(t.String()),
    requestId: t.Nullable(t.String()),
    createdAt: t.String({ format: 'date-time' }),
  },
  { title: 'AuditEntry' },
)

export const Verification = t.Object({
  ok: t.Boolean(),
  checked: t.Integer({ description: 'Rows that hold.' }),
  firstBroken: t.Optional(
    t.Object({
      seq: t.Integer(),
      id: t.Nullable(t.String(), { description: 'Nothing if the newest rows are gone.' }),
    }),
  ),
  next: t.Optional(
    t.Integer({ description: 'The time was up: what lies behind this row is checked with `?after=` and this number.' }),
  ),
})
