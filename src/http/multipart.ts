import { failures } from './failures'

/** A file as it was sent. Name and type are what the sender says. */
export interface SentFile {
  name: string
  type: string
  /** A view into the request's body: nothing is copied. */
  bytes: Uint8Array<ArrayBuffer>
}

export type FormFields = Record<string, (string | SentFile)[]>

/** Parts of a form; more are an attack. */
const MAX_PARTS = 64
/** Bytes of one part's headers. */
const MAX_HEADERS = 8 * 1024
/** RFC 2046 § 5.1.1 */
const BOUNDARY = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i

/**
 * Reads `multipart/form-data` (RFC 7578) that has arrived whole. Throws MALFORMED_REQUEST, and TOO_MANY_PARTS as soon
 * as there is one too many.
 */
export const parseMultipart = (bytes: Uint8Array<ArrayBuffer>, contentType: string): FormFields => {
  const found = BOUNDARY.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  if (!boundary) throw failures.MALFORMED_REQUEST()
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const fields: FormFields = Object.create(null)
  let count = 0
  let at = startOf(body, delimiter)
  for (;;) {
    if (body.subarray(at, at + 2).toString('latin1') === '--') return fields
    const headersEnd = body.subarray(at, at + MAX_HEADERS).indexOf('\r\n\r\n')
    const end = body.indexOf(delimiter, at)
    if (headersEnd === -1 || end === -1 || at + headersEnd + 4 > end + 2) throw failures.MALFORMED_REQUEST()
    count += 1
    if (count > MAX_PARTS) throw failures.TOO_MANY_PARTS()
    const { name, value } = part(body.toString('utf8', at, at + headersEnd), bytes.subarray(at + headersEnd + 4, end))
    fields[name] = [...(fields[name] ?? []), value]
    at = end + delimiter.length
  }
}

/** Where the first part begins, behind its boundary. */
const startOf = (body: Buffer, delimiter: Buffer) => {
  const first = delimiter.subarray(2)
  if (body.subarray(0, first.length).equals(first)) return first.length
  const at = body.indexOf(delimiter)
  if (at === -1) throw failures.MALFORMED_REQUEST()
  return at + delimiter.length
}

const part = (headers: string, content: Uint8Array<ArrayBuffer>) => {
  const disposition = /^content-disposition:\s*form-data\s*(;.*)$/im.exec(headers)?.[1] ?? ''
  const name = parameter(disposition, 'name')
  if (name === undefined) throw failures.MALFORMED_REQUEST()
  const filename = parameter(disposition, 'filename')
  if (filename === undefined) return { name, value: new TextDecoder().decode(content) }
  const type = /^content-type:\s*([^\s;]{1,200})/im.exec(headers)?.[1] ?? 'application/octet-stream'
  return { name, value: { name: filename, type: type.toLowerCase(), bytes: content } }
}

/** As browsers write it: quotes and line breaks percent-encoded (HTML, multipart/form-data encoding algorithm). */
const parameter = (disposition: string, name: string) =>
  new RegExp(`;\\s*${name}="([^"]*)"`, 'i')
    .exec(disposition)?.[1]
    ?.replace(/%(22|0D|0A)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
