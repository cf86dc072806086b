import { t } from 'elysia'
import { pageQuery } from '#http'

const time = () => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'] })

export const ById = t.Object({ id: t.String({ format: 'uuid' }) })
// Not UnionEnum: it makes its first value the default.
const Visibility = t.Union([t.Literal('private'), t.Literal('public')], { error: 'has to be private or public' })
const Variant = t.Union([t.Literal('thumb'), t.Literal('medium')], { error: 'has to be thumb or medium' })

const file = {
  id: t.String({ format: 'uuid' }),
  name: t.String({ examples: ['harbour.jpg'] }),
  mimeType: t.String({ examples: ['image/jpeg'] }),
  size: t.Integer({ description: 'Bytes.' }),
  sha256: t.String({ description: 'Of the content, in hex.' }),
  width: t.Optional(t.Integer()),
  height: t.Optional(t.Integer()),
  visibility: Visibility,
  url: t.String({ description: 'Where the content is, on this origin.' }),
  variants: t.Record(t.String(), t.String(), { description: 'Smaller pictures: name and where they are.' }),
  createdAt: time(),
}

export const File = t.Object(file, { title: 'File' })
export const AdminFile = t.Object({ ...file, ownerId: t.String({ format: 'uuid' }) })
export const Uploaded = t.Union([File, t.Object({ data: t.Array(File) })])

/** What the edge has made of the form: each field as often as it was sent. Checked in the route. */
export const Form = t.Object({
  file: t.Optional(t.Any({ type: 'string', format: 'binary', description: 'One file.' })),
  files: t.Optional(
    t.Any({ type: 'array', items: { type: 'string', format: 'binary' }, description: 'Or several, up to 20.' }),
  ),
  visibility: t.Optional(t.Any({ type: 'string', enum: ['private', 'public'] })),
})

export const Announcement = t.Object({
  name: t.String({ minLength: 1, maxLength: 1024, examples: ['harbour.jpg'] }),
  mimeType: t.String({ maxLength: 255, examples: ['image/jpeg'] }),
  size: t.Integer({ minimum: 1, description: 'Bytes, exactly.' }),
  visibility: t.Optional(Visibility),
})

export const DirectUpload = t.Object({
  id: t.String({ format: 'uuid' }),
  url: t.String(),
  method: t.Literal('PUT'),
  headers: t.Record(t.String(), t.String()),
  expiresAt: time(),
})

export const FileQuery = pageQuery(['createdAt', 'name', 'size'], {})
export const AdminFileQuery = pageQuery(['createdAt', 'size'], {
  ownerId: t.Optional(t.String({ format: 'uuid', error: 'has to be the id of a person' })),
})

const signature = {
  expires: t.Optional(t.String({ pattern: '^\\d{1,12}$', error: 'has to be as the link has it' })),
  signature: t.Optional(t.String({ maxLength: 100, error: 'has to be as the link has it' })),
}
export const ContentQuery = t.Object({ variant: t.Optional(Variant), ...signature })
export const ArrivalQuery = t.Object({
  expires: t.String({ pattern: '^\\d{1,12}$', error: 'has to be as the link has it' }),
  signature: t.String({ maxLength: 100, error: 'has to be as the link has it' }),
})

export const NewLink = t.Object({
  expiresIn: t.Optional(
    t.Integer({ minimum: 1, maximum: 604_800, default: 3600, error: 'has to be 1 to 604800 seconds' }),
  ),
  variant: t.Optional(Variant),
})
export const Link = t.Object({ url: t.String(), expiresAt: time() })
