import { t } from 'elysia'
import { pageQuery, queryInteger, queryTime, queryWord, strictQuery } from '#http'
import { UserDetail } from './models'

export const ById = t.Object({ id: t.String({ format: 'uuid' }) })

/** Letters of a question; nobody is called more. */
const QUESTION = 100

export const PeopleQuery = pageQuery(['createdAt', 'name', 'email', 'lastSeenAt'], {
  role: t.Optional(t.String({ minLength: 1, maxLength: 64, error: 'has to be the name of a role' })),
  status: t.Optional(queryWord('active', 'banned', 'deleted')),
  verified: t.Optional(queryWord('true', 'false')),
  createdAfter: t.Optional(queryTime()),
  createdBefore: t.Optional(queryTime()),
  deleted: t.Optional(queryWord('with', 'only')),
})

export const SearchQuery = strictQuery({
  q: t.String({
    minLength: 1,
    maxLength: QUESTION,
    error: `has to be 1 to ${QUESTION} characters`,
    examples: ['ada love'],
  }),
  limit: t.Optional(queryInteger(1, 100)),
})

/** Found people; there is no next page: ask more precisely. */
export const Found = t.Object({
  data: t.Array(UserDetail),
  meta: t.Object({ limit: t.Integer(), nextCursor: t.Null() }),
})
