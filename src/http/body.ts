import { Elysia } from 'elysia'
import { exchangeOf, type Policy } from './exchange'
import { failures } from './failures'
import { parseMultipart } from './multipart'
import { misfit } from './shape'

const JSON_TYPE = /^application\/json(\s*;\s*charset="?utf-?8"?)?\s*$/i
/** Levels of lists and objects in a JSON body. */
const MAX_DEPTH = 32
const FORM_TYPE = /^application\/x-www-form-urlencoded(\s*;|\s*$)/i

/** Refuses a body by what its headers say, before a byte of it is read. */
export const checkBody = (request: Request, policy: Policy) => {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const length = request.headers.get('content-length')
  if (length !== null && Number(length) > policy.maxBytes) throw tooLarge(policy)
  const empty =
    length === '0' || (length === null && request.headers.get('transfer-encoding') === null && request.body === null)
  if (empty) {
    if (policy.body !== 'none' && !policy.bodyOptional) throw failures.MALFORMED_REQUEST()
    return
  }
  if (policy.body === 'none') return
  const type = request.headers.get('content-type') ?? ''
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') throw failures.UNSUPPORTED_MEDIA_TYPE()
  if (policy.body === 'json' && !JSON_TYPE.test(type)) throw failures.UNSUPPORTED_MEDIA_TYPE()
  if (policy.body === 'form' && !FORM_TYPE.test(type)) throw failures.UNSUPPORTED_MEDIA_TYPE()
  if (policy.body === 'multipart' && !/^multipart\/form-data\s*;/i.test(type)) throw failures.UNSUPPORTED_MEDIA_TYPE()
}

/** Reads JSON and posted forms, counting bytes: a body without a length gets no further than the limit either. */
export const body = new Elysia({ name: 'body' })
  .onParse({ as: 'global' }, async ({ request }) => {
    const policy = exchangeOf(request).policy
    if (policy?.body === 'none' || policy?.body === 'bytes') return {}
    if (policy?.body === 'multipart')
      return parseMultipart(await readBytes(request, policy), request.headers.get('content-type') ?? '')
    if (policy?.body !== 'json' && policy?.body !== 'form') return undefined
    const text =
      request.headers.get('content-length') === null
        ? await readBounded(request, policy.maxBytes)
        : await request.text()
    if (policy.body === 'form') return Object.fromEntries(new URLSearchParams(text))
    if (text === '' && policy.bodyOptional) return {}
    return parseJson(text, policy)
  })
  .onTransform({ as: 'global' }, (context) => {
    if (context.body === undefined && exchangeOf(context.request).policy?.body === 'json') context.body = {}
  })

/**
 * JSON that the rest can handle: no deeper than anything that we take, since what walks it is recursive, and without
 * halves of characters, which have no UTF-8 and would come back as something else than was sent.
 */
const parseJson = (text: string, { schema }: Policy): unknown => {
  const value = read(text)
  if (!isSound(value, MAX_DEPTH)) throw failures.MALFORMED_REQUEST()
  const wrong = misfit(schema, value)
  if (wrong) throw failures.VALIDATION_FAILED({ errors: [wrong] })
  return value
}

const read = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw failures.MALFORMED_REQUEST()
  }
}

const isSound = (value: unknown, depth: number): boolean => {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) return value.every((item) => isSound(item, depth - 1))
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isSound(member, depth - 1))
}

const tooLarge = ({ body }: Policy) =>
  body === 'multipart' || body === 'bytes' ? failures.FILE_TOO_LARGE() : failures.PAYLOAD_TOO_LARGE()

const readBytes = async (request: Request, policy: Policy): Promise<Uint8Array<ArrayBuffer>> => {
  if (request.headers.get('content-length') !== null) return request.bytes()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > policy.maxBytes) throw tooLarge(policy)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

const readBounded = async (request: Request, maxBytes: number): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw failures.PAYLOAD_TOO_LARGE()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
