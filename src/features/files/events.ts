import { defineEvent, t } from '#core'
import type { FileRow } from './schema'

const aFile = t.Object({
  fileId: t.String({ format: 'uuid' }),
  userId: t.String({ format: 'uuid' }),
  name: t.String(),
  mimeType: t.String(),
  size: t.Integer(),
  visibility: t.String(),
})
const subject = (payload: { fileId: string; name: string }) => ({
  type: 'file',
  id: payload.fileId,
  label: payload.name,
})
const about = (payload: { userId: string }) => payload.userId

export const fileCreated = defineEvent('file.created', {
  payload: aFile,
  subject,
  about,
  summary: 'uploaded a file',
  public: true,
})
export const fileDeleted = defineEvent('file.deleted', {
  payload: aFile,
  subject,
  about,
  summary: 'deleted a file',
  public: true,
})

export const events = [fileCreated, fileDeleted]

/** What events say about a file. */
export const described = ({ id, ownerId, name, mimeType, size, visibility }: FileRow) => ({
  fileId: id,
  userId: ownerId,
  name,
  mimeType,
  size,
  visibility,
})
