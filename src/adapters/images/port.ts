export interface Picture {
  bytes: Uint8Array<ArrayBuffer>
  type: string
  width: number
  height: number
}

/**
 * Decodes pictures from strangers, off the serving thread, few at a time. Throws Failures `image_too_large` (too many
 * pixels, told from the header alone), `invalid_image` (damaged, or not of the type it is said to be) and
 * `images_busy` (unavailable).
 */
export interface Images {
  readonly driver: string
  /** The same picture, upright, in the same format, made anew from its pixels: whatever else was in the file is gone. */
  renew(bytes: Uint8Array, type: ImageType): Promise<Picture>
  /** WebP pictures that fit into a square of so many pixels, by name; never larger than the original. */
  shrink<N extends string>(bytes: Uint8Array, sides: Readonly<Record<N, number>>): Promise<Record<N, Picture>>
}

export type ImageType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/gif'
