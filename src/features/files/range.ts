export interface Range {
  start: number
  end: number
}

/**
 * The one range that a `Range` header asks for (RFC 9110 § 14.1.2). Nothing if the whole is to be sent: no header, one
 * that cannot be read, or several ranges at once; `unsatisfiable` if it lies behind the end.
 */
export const rangeOf = (header: string | null, size: number): Range | 'unsatisfiable' | undefined => {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (!found) return undefined
  const [, from = '', to = ''] = found
  if (from === '' && to === '') return undefined
  if (from === '') {
    const length = Math.min(Number(to), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(from)
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== '' && Number(to) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

/** True if one of the tags in `If-None-Match` is this one, weakly compared (RFC 9110 § 13.1.2). */
export const matches = (header: string | null, etag: string) =>
  header?.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()))

/** `Content-Disposition` for any name (RFC 6266, RFC 8187): ASCII for old clients, UTF-8 for all others. */
export const disposition = (kind: 'inline' | 'attachment', name: string) => {
  const plain = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`
}
