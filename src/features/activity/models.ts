import { t } from 'elysia'
import { pageQuery, queryTime } from '#http'

export const ActivityQuery = pageQuery(['createdAt'], {
  type: t.Optional(
    t.String({
      maxLength: 100,
      pattern: '^[a-z][a-z0-9_-]*(\\.[a-z][a-z0-9_-]*)*(\\.\\*)?$',
      error: 'has to be a type such as session.created, or a group of them such as session.*',
      examples: ['session.*'],
    }),
  ),
  after: t.Optional(queryTime()),
  before: t.Optional(queryTime()),
})

export type ActivityQuery = typeof ActivityQuery.static

export const OfPerson = t.Object({ userId: t.String({ format: 'uuid' }) })

export const Activity = t.Object(
  {
    id: t.String({ format: 'uuid' }),
    type: t.String({ examples: ['password.changed'] }),
    actor: t.Object({
      id: t.Nullable(t.String({ format: 'uuid' })),
      name: t.String({ examples: ['Ada Lovelace'] }),
    }),
    subject: t.Object({ type: t.String({ examples: ['user'] }), id: t.String(), label: t.Nullable(t.String()) }),
    summary: t.String({ examples: ['Ada Lovelace changed the password'] }),
    createdAt: t.String({ format: 'date-time' }),
  },
  { title: 'Activity' },
)
