import type { Context } from '#core'
import { failures } from './failures'
import { findReady, isAvatar, maySee } from './find'
import { hasVariants, keyOf, variantKey } from './keys'
import { followsLink, type LinkQuery } from './link'
import type { FileRow } from './schema'
import { variantsOf } from './variants'

/** Bytes to hand out, and what to say about them. */
export interface Content {
  key: string
  name: string
  type: string
  size: number
  sha256: string
  createdAt: Date
  /** May be kept by caches that many people share. */
  shared: boolean
  /** May be shown on other sites: whoever has the address may see it. */
  embeddable: boolean
  /** Made by us from pixels: nothing in it can run. */
  inert: boolean
}

/**
 * Finds what a request for content may have: the owner's, a public file, an avatar's variant, or what a link is for.
 * Throws UNAUTHENTICATED, FILE_NOT_FOUND, VARIANT_NOT_FOUND, INVALID_LINK, LINK_EXPIRED, and what making a variant throws.
 */
export const content = async (ctx: Context, id: string, query: LinkQuery): Promise<Content> => {
  const linked = followsLink(ctx, id, query)
  const file = await findReady(ctx, id)
  const open =
    file && (linked || (query.variant !== undefined && file.visibility === 'private' && (await isAvatar(ctx, file))))
  if (!file || !(open || maySee(ctx, file)))
    throw ctx.actor.type === 'anonymous' && !linked ? failures.UNAUTHENTICATED() : failures.FILE_NOT_FOUND()
  const shared = file.visibility === 'public'
  const common = { createdAt: file.createdAt, shared, embeddable: shared || Boolean(open), inert: hasVariants(file) }
  if (query.variant === undefined)
    return {
      ...common,
      key: keyOf(id),
      name: file.name,
      type: file.mimeType,
      size: file.size,
      sha256: file.sha256 ?? '',
    }
  return { ...common, ...(await variant(ctx, file, query.variant)) }
}

const variant = async (ctx: Context, file: FileRow, name: NonNullable<LinkQuery['variant']>) => {
  if (!hasVariants(file)) throw failures.VARIANT_NOT_FOUND()
  const made = (await variantsOf(ctx, file))[name]
  if (!made) throw failures.VARIANT_NOT_FOUND()
  const stem = file.name.replace(/\.\w+$/, '')
  const { size, sha256 } = made
  return { key: variantKey(file.id, name), name: `${stem}-${name}.webp`, type: 'image/webp', size, sha256 }
}
