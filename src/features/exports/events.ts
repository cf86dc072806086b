import { defineEvent, t } from '#core'

const anExport = {
  exportId: t.String({ format: 'uuid' }),
  userId: t.String({ format: 'uuid' }),
  kind: t.String(),
  format: t.String(),
}
type AnExport = { exportId: string; userId: string }
const subject = ({ exportId }: AnExport) => ({ type: 'export', id: exportId })
const about = ({ userId }: AnExport) => userId

export const exportRequested = defineEvent('export.requested', {
  payload: t.Object({ ...anExport, filter: t.Record(t.String(), t.String()) }),
  subject,
  about,
  summary: 'asked for an export',
})
export const exportCompleted = defineEvent('export.completed', {
  payload: t.Object({ ...anExport, rows: t.Integer(), size: t.Integer() }),
  subject,
  about,
  summary: 'made an export',
  public: true,
  // In the inbox only unless they want more: the mail with the link is sent by itself.
  notify: { category: 'system', title: () => 'Your export is ready' },
})
export const exportFailed = defineEvent('export.failed', {
  payload: t.Object(anExport),
  subject,
  about,
  summary: 'could not make an export',
  public: true,
  failed: true,
  notify: { category: 'system', title: () => 'Your export failed' },
})
export const exportDownloaded = defineEvent('export.downloaded', {
  payload: t.Object({ ...anExport, by: t.Union([t.Literal('session'), t.Literal('link')]) }),
  subject,
  about,
  summary: 'downloaded an export',
})
export const exportRemoved = defineEvent('export.deleted', {
  payload: t.Object(anExport),
  subject,
  about,
  summary: 'cancelled or deleted an export',
})

export const events = [exportRequested, exportCompleted, exportFailed, exportDownloaded, exportRemoved]
