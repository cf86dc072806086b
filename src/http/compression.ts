import { promisify } from 'node:util'
import { memo } from './memo'

export type Coding = 'zstd' | 'br' | 'gzip'
type Bytes = Uint8Array<ArrayBuffer>

/** Bytes below which a smaller reply is not worth its cost. */
const MIN_BYTES = 1024
/** Bytes up to which compressing on the spot (about 60 µs) is cheaper than handing over to the thread pool. */
const SYNC_BYTES = 16 * 1024
const COMPRESSIBLE =
  /^(?:text\/(?:html|plain|css|javascript)|application\/(?:json|[\w.-]+\+json|javascript|manifest\+json)|image\/svg\+xml)\b/
const ZSTD_LEVEL = 3
const GZIP_LEVEL = 6
const BROTLI_QUALITY = 4
/** In our order: at the same quality, the cheapest to make comes first. */
const CODINGS: readonly Coding[] = ['zstd', 'br', 'gzip']

/**
 * Compresses the reply to a GET when the client takes it and it pays off. Streams, ranges, downloads, errors and what
 * is compressed already pass untouched. So does every reply to POST and the like: those carry the secrets that are
 * shown once, next to values the client chose (BREACH). Costs 3 µs when the reply turns out to be small.
 */
export const compress = (request: Request, response: Response): Response | Promise<Response> => {
  const accepted = request.headers.get('accept-encoding')
  // Nothing to do, and `Vary` is among the headers that every reply gets from `headers.ts`.
  if (accepted === null || response.status !== 200) return response
  const { headers } = response
  if (!COMPRESSIBLE.test(headers.get('content-type') ?? '')) return response
  varyBy(headers, 'Accept-Encoding')
  if (request.method !== 'GET') return response
  const coding = codingFor(accepted)
  if (!coding || !isPlain(headers)) return response
  const reading = response.blob()
  const read = Bun.peek(reading)
  return read instanceof Blob ? encode(read, response, coding) : reading.then((body) => encode(body, response, coding))
}

/** The best coding by the client's q-values (RFC 9110 § 12.5.3); nothing if it takes none of ours. */
export const codingFor = (acceptEncoding: string | null): Coding | undefined => {
  if (!acceptEncoding || acceptEncoding.length > 256) return undefined
  return negotiate(acceptEncoding).coding
}

/** `bytes` in that coding, made off the serving thread. */
export const encodeBytes = async (bytes: Bytes, coding: Coding): Promise<Bytes> => {
  const { brotliCompress, constants, gzip, zstdCompress } = await import('node:zlib')
  switch (coding) {
    case 'zstd':
      return copy(await promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }))
    case 'br':
      return copy(
        await promisify(brotliCompress)(bytes, {
          params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
        }),
      )
    case 'gzip':
      return copy(await promisify(gzip)(bytes, { level: GZIP_LEVEL }))
  }
}

const negotiate = memo(256, (accept): { coding?: Coding } => {
  const qualities = new Map<string, number>()
  for (const part of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    qualities.set(name === 'x-gzip' ? 'gzip' : name, /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0)
  }
  const quality = (name: string) => qualities.get(name) ?? qualities.get('*') ?? 0
  const [best] = CODINGS.filter((coding) => quality(coding) > 0).sort((a, b) => quality(b) - quality(a))
  return best && quality(best) >= (qualities.get('identity') ?? 0) ? { coding: best } : {}
})

const isPlain = (headers: Headers) => {
  if (headers.has('content-encoding') || headers.has('transfer-encoding') || headers.has('content-disposition'))
    return false
  if (headers.has('content-range') || headers.has('accept-ranges')) return false
  if (headers.get('cache-control')?.includes('no-transform')) return false
  const length = headers.get('content-length')
  return length === null || Number(length) > MIN_BYTES
}

const encode = (body: Blob, response: Response, coding: Coding): Response | Promise<Response> => {
  const { headers } = response
  if (body.size <= MIN_BYTES) return new Response(body, { headers })
  return encoded(body, coding).then((bytes) => {
    headers.set('content-encoding', coding)
    headers.delete('content-length')
    // Other bytes than the ones that a strong tag stands for (RFC 9110 § 8.8.3).
    const etag = headers.get('etag')
    if (etag?.startsWith('"')) headers.set('etag', `W/${etag}`)
    return new Response(bytes, { headers })
  })
}

const encoded = async (body: Blob, coding: Coding): Promise<Bytes> => {
  const bytes = await body.bytes()
  if (bytes.byteLength > SYNC_BYTES || coding === 'br') return encodeBytes(bytes, coding)
  return coding === 'zstd'
    ? copy(Bun.zstdCompressSync(bytes, { level: ZSTD_LEVEL }))
    : Bun.gzipSync(bytes, { level: GZIP_LEVEL })
}

/** Says that the reply depends on this header of the request, so that a cache does not hand it to everybody. */
export const varyBy = (headers: Headers, name: string) => {
  const vary = headers.get('vary')?.toLowerCase()
  if (!vary?.includes(name.toLowerCase()) && vary !== '*') headers.append('vary', name)
}

/** The same bytes with the type that `Response` asks for. */
const copy = (bytes: Uint8Array): Bytes =>
  bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)
