import { defineEvent, t } from '#core'

const log = () => ({ type: 'audit_log', id: 'all' })

export const auditExported = defineEvent('audit.exported', {
  payload: t.Object({ format: t.String(), filter: t.Record(t.String(), t.String()) }),
  subject: log,
  summary: 'exported the audit log',
})
export const auditRetired = defineEvent('audit.retired', {
  /** Rows removed, rows blanked, and up to which row it was looked for rows to blank. */
  payload: t.Object({ retired: t.Integer(), thinned: t.Integer(), upTo: t.Integer() }),
  subject: log,
  summary: 'let go of old rows of the audit log',
})
export const auditBroken = defineEvent('audit.broken', {
  payload: t.Object({ seq: t.Integer(), eventId: t.Union([t.String(), t.Null()]) }),
  subject: (payload) => ({ type: 'event', id: payload.eventId ?? String(payload.seq) }),
  summary: 'found the audit log changed',
  failed: true,
})
export const accessRefused = defineEvent('access.refused', {
  payload: t.Object({ code: t.String(), permission: t.Optional(t.String()), route: t.String() }),
  subject: (payload) => ({ type: 'route', id: payload.route }),
  summary: 'was refused',
  failed: true,
})

export const events = [auditExported, auditRetired, auditBroken, accessRefused]
