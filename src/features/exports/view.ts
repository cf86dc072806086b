import type { ExportRow } from './schema'

/** An export as the API shows it. */
export const view = (row: ExportRow) => ({
  id: row.id,
  kind: row.kind,
  format: row.format,
  status: row.status,
  progress: row.progress,
  rows: row.rows,
  size: row.size,
  sha256: row.sha256,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
})

export const described = ({ id, ownerId, kind, format }: ExportRow) => ({ exportId: id, userId: ownerId, kind, format })

export const keyOf = (id: string) => `exports/${id}`
