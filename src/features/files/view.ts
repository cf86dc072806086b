import { hasVariants, VARIANTS } from './keys'
import type { FileRow } from './schema'

/** Where a file's content is, as seen from the API's own origin. */
export const contentPath = (id: string) => `/api/v1/files/${id}/content`

/** A file as the API shows it. */
export const view = (file: FileRow) => {
  const url = contentPath(file.id)
  const names = hasVariants(file) ? Object.keys(VARIANTS) : []
  return {
    id: file.id,
    name: file.name,
    mimeType: file.mimeType,
    size: file.size,
    sha256: file.sha256 ?? '',
    ...(file.width !== null && file.height !== null ? { width: file.width, height: file.height } : {}),
    visibility: file.visibility,
    url,
    variants: Object.fromEntries(names.map((name) => [name, `${url}?variant=${name}`])),
    createdAt: file.createdAt.toISOString(),
  }
}

/** A file as those see it who look after everybody's. */
export const viewForAdmin = (file: FileRow) => ({ ...view(file), ownerId: file.ownerId })
