import { t } from 'elysia'
import { pageQuery } from '#http'

const time = () => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'] })
const word = <const W extends string>(...words: W[]) =>
  t.Unsafe<W>(
    t.Union(
      words.map((each) => t.Literal(each)),
      { error: `has to be one of ${words.join(', ')}` },
    ),
  )

export const ById = t.Object({ exportId: t.String({ format: 'uuid', error: 'has to be the id of an export' }) })
export const ExportQuery = pageQuery(['createdAt'], {})
export const DownloadQuery = t.Object({ token: t.Optional(t.String({ maxLength: 100 })) })

export const Export = t.Object(
  {
    id: t.String({ format: 'uuid' }),
    kind: t.UnionEnum(['users', 'me']),
    format: t.UnionEnum(['csv', 'json', 'ndjson', 'zip']),
    status: t.UnionEnum(['pending', 'running', 'completed', 'failed', 'cancelled', 'expired']),
    progress: t.Number({ minimum: 0, maximum: 1 }),
    rows: t.Nullable(t.Integer()),
    size: t.Nullable(t.Integer({ description: 'Bytes.' })),
    sha256: t.Nullable(t.String({ description: 'Of the file, in hex.' })),
    createdAt: time(),
    expiresAt: t.Nullable(time()),
  },
  { title: 'Export' },
)

const email = t.Optional(t.Boolean({ description: 'A mail when it is ready or has failed; true unless told.' }))
const moment = () => t.String({ format: 'date-time', error: 'has to be a time such as 2026-11-22T10:00:00.000Z' })

export const NewUsersExport = t.Object({
  format: word('csv', 'json', 'ndjson'),
  filter: t.Optional(
    t.Object(
      {
        role: t.Optional(t.String({ maxLength: 50 })),
        status: t.Optional(word('active', 'banned', 'deleted')),
        verified: t.Optional(t.Boolean()),
        createdAfter: t.Optional(moment()),
        createdBefore: t.Optional(moment()),
        deleted: t.Optional(word('with', 'only')),
      },
      { additionalProperties: t.Never({ error: 'is not a filter here' }) },
    ),
  ),
  email,
})
export const NewOwnExport = t.Object({ email })
