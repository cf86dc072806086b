import type { Context } from '#core'
import { failures } from './failures'
import { isImageType, safeName, typeOf } from './types'

/** Bytes of a picture; it has to be held in memory. */
const MAX_IMAGE_BYTES = 64 * 1024 * 1024

/** A file as it is going to be stored. */
export interface Examined {
  name: string
  mimeType: string
  bytes: Uint8Array<ArrayBuffer>
  sha256: string
  width: number | null
  height: number | null
}

/**
 * Finds out what somebody sent, and makes pictures anew: metadata and whatever hides in them is gone.
 * Throws FILE_TOO_LARGE, UNSUPPORTED_FILE_TYPE, IMAGE_TOO_LARGE, INVALID_IMAGE, IMAGES_BUSY.
 */
export const examine = async (ctx: Context, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Examined> => {
  if (bytes.byteLength > ctx.config.upload.maxBytes) throw failures.FILE_TOO_LARGE()
  const mimeType = await typeOf(bytes, name)
  if (!mimeType) throw failures.UNSUPPORTED_FILE_TYPE()
  const plain = { name: safeName(name, mimeType), mimeType }
  if (!isImageType(mimeType)) return { ...plain, bytes, sha256: await sha256(bytes), width: null, height: null }
  if (bytes.byteLength > MAX_IMAGE_BYTES) throw failures.FILE_TOO_LARGE()
  const picture = await ctx.images.renew(bytes, mimeType)
  return { ...plain, ...picture, sha256: await sha256(picture.bytes) }
}

/** In hex; made off the serving thread. */
export const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')
