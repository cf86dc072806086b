import { type Coding, codingFor, encodeBytes } from './compression'

type Bytes = Uint8Array<ArrayBuffer>

interface Variant {
  bytes: Bytes
  etag: string
  coding: Coding | undefined
}

interface Reply {
  request: Request
  set: { headers: Record<string, unknown> }
}

/** Names in such a path change with what they stand for. */
export const IMMUTABLE = 'public, max-age=31536000, immutable'
/** May be kept, but is asked for again each time; mostly answered with 304. */
export const REVALIDATED = 'public, no-cache'

/**
 * A handler for bytes that do not change while the process lives. Loaded and compressed once per coding, when somebody
 * first asks; each has a strong ETag of its own (RFC 9110 § 8.8.3) and answers `If-None-Match` with 304.
 */
export const staticBytes = (load: () => Bytes | Promise<Bytes>, type: string, cacheControl: string) => {
  const variants = new Map<Coding | undefined, Promise<Variant>>()
  let loaded: Promise<Bytes> | undefined

  const make = async (coding: Coding | undefined): Promise<Variant> => {
    loaded ??= Promise.resolve(load())
    const plain = await loaded
    const bytes = coding ? await encodeBytes(plain, coding) : plain
    return { bytes, etag: entityTag(bytes), coding }
  }

  const variant = (coding: Coding | undefined): Promise<Variant> => {
    const known = variants.get(coding)
    if (known) return known
    const made = make(coding)
    variants.set(coding, made)
    // What failed is tried again by the next one who asks.
    made.catch(() => {
      variants.delete(coding)
      loaded = undefined
    })
    return made
  }

  return async ({ request, set }: Reply): Promise<Response> => {
    const compressible = !type.startsWith('image/') || type.startsWith('image/svg')
    const { bytes, etag, coding } = await variant(
      compressible ? codingFor(request.headers.get('accept-encoding')) : undefined,
    )
    set.headers['cache-control'] = cacheControl
    set.headers.etag = etag
    if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304 })
    set.headers['content-type'] = type
    if (coding) set.headers['content-encoding'] = coding
    return new Response(bytes)
  }
}

/** The strong entity tag of these very bytes. */
export const entityTag = (content: Bytes | string) =>
  `"${new Bun.CryptoHasher('sha256').update(content).digest('base64url').slice(0, 22)}"`

/** Weak comparison, as `If-None-Match` asks for. */
export const matches = (header: string | null, etag: string) =>
  header !== null && (header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag))
