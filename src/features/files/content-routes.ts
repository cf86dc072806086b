import { t } from 'elysia'
import type { App } from '#core'
import { router } from '#http'
import { type Content, content } from './content'
import { failures } from './failures'
import * as model from './models'
import { disposition, matches, type Range, rangeOf } from './range'

/** Seconds that shared caches keep a public file: so long it may be seen after it was deleted. */
const SHARED_AGE = 3600

export const contentRoutes = (app: App) =>
  router(app, '/files').get(
    '/:id/content',
    async ({ ctx, params, query, request, set }) => {
      const found = await content(ctx, params.id, query)
      const etag = `"${found.sha256}"`
      const headers = headersFor(found, etag)
      if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
      const range = wanted(request, found, etag)
      if (range === 'unsatisfiable') {
        set.headers['content-range'] = `bytes */${found.size}`
        throw failures.RANGE_NOT_SATISFIABLE()
      }
      const object = await ctx.storage.get(found.key, range)
      if (!object) throw failures.FILE_NOT_FOUND()
      if (!range) return new Response(object.body, { headers: { ...headers, 'content-length': String(found.size) } })
      return new Response(object.body, { status: 206, headers: { ...headers, ...partial(range, found.size) } })
    },
    {
      public: true,
      summary: 'The content: mine, a public file, or what a signed link is for',
      params: model.ById,
      query: model.ContentQuery,
      produces: 'application/octet-stream',
      response: { 200: t.Any(), 206: t.Any(), 304: t.Void() },
      fails: [
        failures.UNAUTHENTICATED,
        failures.FILE_NOT_FOUND,
        failures.VARIANT_NOT_FOUND,
        failures.INVALID_LINK,
        failures.LINK_EXPIRED,
        failures.RANGE_NOT_SATISFIABLE,
        failures.VARIANT_IN_PROGRESS,
        failures.IMAGES_BUSY,
        failures.STORAGE_UNAVAILABLE,
      ],
    },
  )

const headersFor = ({ name, type, createdAt, shared, embeddable, inert }: Content, etag: string) => ({
  'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
  'content-disposition': disposition(inert ? 'inline' : 'attachment', name),
  'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'cache-control': shared ? `public, max-age=${SHARED_AGE}` : 'private, no-cache',
  'cross-origin-resource-policy': embeddable ? 'cross-origin' : 'same-origin',
  'accept-ranges': 'bytes',
  'last-modified': createdAt.toUTCString(),
  etag,
})

/** A range counts only for the version that the client already has (RFC 9110 § 13.1.5). */
const wanted = ({ headers }: Request, { size, createdAt }: Content, etag: string) => {
  const condition = headers.get('if-range')
  if (condition !== null && condition !== etag && condition !== createdAt.toUTCString()) return undefined
  return rangeOf(headers.get('range'), size)
}

const partial = ({ start, end }: Range, size: number) => ({
  'content-range': `bytes ${start}-${end}/${size}`,
  'content-length': String(end - start + 1),
})
