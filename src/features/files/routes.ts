import { Elysia, t } from 'elysia'
import type { App } from '#core'
import { pageOf, router, type SentFile } from '#http'
import { complete } from './complete'
import { contentRoutes } from './content-routes'
import { presign, receive } from './direct'
import { failures } from './failures'
import { get, list, listAll } from './find'
import { makeLink } from './link'
import * as model from './models'
import { remove } from './remove'
import type { Visibility } from './schema'
import { upload } from './upload'
import { view } from './view'

/** Bytes that a form has beside its files. */
const FORM_SLACK = 512 * 1024
const CONTENT = [
  failures.UNSUPPORTED_FILE_TYPE,
  failures.FILE_TOO_LARGE,
  failures.IMAGE_TOO_LARGE,
  failures.INVALID_IMAGE,
  failures.QUOTA_EXCEEDED,
  failures.STORAGE_FULL,
  failures.STORAGE_UNAVAILABLE,
  failures.IMAGES_BUSY,
]

export const routes = (app: App) =>
  new Elysia().use(uploadRoutes(app)).use(fileRoutes(app)).use(contentRoutes(app)).use(adminRoutes(app))

const uploadRoutes = (app: App) =>
  router(app, '/upload')
    .post(
      '/',
      async ({ ctx, body, status }) => {
        const form = formOf(body)
        const files = await upload(ctx, form.files, form.visibility)
        const [only] = files
        return status(201, form.single && only ? view(only) : { data: files.map(view) })
      },
      {
        auth: 'user',
        verified: true,
        tier: 'upload',
        upload: app.config.upload.maxBytes + FORM_SLACK,
        summary: 'Upload one file, or several',
        body: model.Form,
        response: { 201: model.Uploaded },
        fails: [failures.FILE_MISSING, failures.VALIDATION_FAILED, failures.TOO_MANY_PARTS, ...CONTENT],
      },
    )
    .post('/presign', async ({ ctx, body, status }) => status(201, await presign(ctx, body)), {
      auth: 'user',
      verified: true,
      tier: 'upload',
      summary: 'Get a URL to send a file to',
      body: model.Announcement,
      response: { 201: model.DirectUpload },
      fails: [failures.UNSUPPORTED_FILE_TYPE, failures.FILE_TOO_LARGE, failures.QUOTA_EXCEEDED],
    })
    .put(
      '/:id/content',
      async ({ ctx, params, query, request, headers, status }) => {
        const length = Number(headers['content-length'] ?? Number.NaN)
        const body = request.body ?? new Blob().stream()
        await receive(ctx, params.id, { ...query, type: headers['content-type'] ?? '', length, body })
        return status(204, undefined)
      },
      {
        public: true,
        bytes: app.config.upload.maxBytes,
        summary: 'Send the content of a presigned upload, where the store is a disk',
        params: model.ById,
        query: model.ArrivalQuery,
        response: { 204: t.Void() },
        fails: [
          failures.INVALID_LINK,
          failures.LINK_EXPIRED,
          failures.UPLOAD_MISMATCH,
          failures.FILE_TOO_LARGE,
          failures.STORAGE_FULL,
          failures.STORAGE_UNAVAILABLE,
        ],
      },
    )
    .post('/:id/complete', async ({ ctx, params }) => view(await complete(ctx, params.id)), {
      auth: 'user',
      verified: true,
      tier: 'upload',
      summary: 'Have a presigned upload checked and made a file',
      params: model.ById,
      response: { 200: model.File },
      fails: [
        failures.UPLOAD_NOT_FOUND,
        failures.UPLOAD_INCOMPLETE,
        failures.UPLOAD_IN_PROGRESS,
        failures.UPLOAD_MISMATCH,
        ...CONTENT,
      ],
    })
    .delete('/:id', async ({ ctx, params, status }) => status(204, await remove(ctx, params.id, ctx.actor.userId)), {
      auth: 'user',
      summary: 'Delete a file of mine',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [failures.FILE_NOT_FOUND],
    })

const fileRoutes = (app: App) =>
  router(app, '/files')
    .get('/', ({ ctx, query }) => list(ctx, query), {
      auth: 'user',
      paged: true,
      summary: 'My files',
      query: model.FileQuery,
      response: { 200: pageOf(model.File) },
    })
    .get('/:id', async ({ ctx, params }) => view(await get(ctx, params.id)), {
      auth: 'user',
      summary: 'What is known about a file',
      params: model.ById,
      response: { 200: model.File },
      fails: [failures.FILE_NOT_FOUND],
    })
    .post('/:id/link', ({ ctx, params, body }) => makeLink(ctx, params.id, body.expiresIn ?? 3600, body.variant), {
      auth: 'user',
      summary: 'Make a link that lets anybody read a file of mine for a while',
      params: model.ById,
      body: model.NewLink,
      response: { 200: model.Link },
      fails: [failures.FILE_NOT_FOUND],
    })
    .delete('/:id', async ({ ctx, params, status }) => status(204, await remove(ctx, params.id, ctx.actor.userId)), {
      auth: 'user',
      summary: 'Delete a file of mine',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [failures.FILE_NOT_FOUND],
    })

const adminRoutes = (app: App) =>
  router(app, '/admin')
    .get('/files', ({ ctx, query }) => listAll(ctx, query), {
      permission: 'files:read',
      paged: true,
      summary: 'Everybody’s files',
      query: model.AdminFileQuery,
      response: { 200: pageOf(model.AdminFile) },
    })
    .delete('/files/:id', async ({ ctx, params, status }) => status(204, await remove(ctx, params.id)), {
      permission: 'files:delete',
      summary: 'Delete anybody’s file',
      params: model.ById,
      response: { 204: t.Void() },
      fails: [failures.FILE_NOT_FOUND],
    })

type Field = (string | SentFile)[] | undefined
const isFile = (value: string | SentFile): value is SentFile => typeof value !== 'string'

const wrong = (path: string, message: string) => failures.VALIDATION_FAILED({ errors: [{ path, message }] })

/** What a form holds. Throws VALIDATION_FAILED. */
const formOf = (body: { file?: Field; files?: Field; visibility?: Field }) => {
  const { file = [], files = [], visibility = ['private'] } = body
  const sent = [...file, ...files]
  if (!sent.every(isFile)) throw wrong(file.length > 0 ? '/file' : '/files', 'has to be a file')
  if (file.length > 1) throw wrong('/file', 'has to be one file; send several as files')
  if (file.length > 0 && files.length > 0) throw wrong('/files', 'has to be left out when there is a file')
  const [shown, ...more] = visibility
  if (more.length > 0 || !isVisibility(shown)) throw wrong('/visibility', 'has to be private or public')
  return { files: sent, visibility: shown, single: file.length > 0 }
}

const isVisibility = (value: unknown): value is Visibility => value === 'private' || value === 'public'
