import { IMAGE_TYPES } from './types'

export const ORIGINAL = 'original'
/** Everything of a file lies under its id, so that one walk over keys and rows in order finds what has no other half. */
export const STORED = 'files/'
/** Where presigned uploads arrive. Their URL stays good for a while: what is checked is copied away from there. */
export const ARRIVING = 'incoming/'

export const keyOf = (fileId: string, part = ORIGINAL) => `${STORED}${fileId}/${part}`
export const arrivalKey = (fileId: string) => `${ARRIVING}${fileId}`

/** Variants of pictures: the side in pixels of the square that they fit into. */
export const VARIANTS = { thumb: 256, medium: 1024 } as const
export type VariantName = keyof typeof VARIANTS

export const variantKey = (fileId: string, name: VariantName) => keyOf(fileId, `${name}.webp`)
export const hasVariants = ({ mimeType }: { mimeType: string }) => mimeType in IMAGE_TYPES

/** Every key that a file can have. */
export const keysOf = (fileId: string) => [
  keyOf(fileId),
  variantKey(fileId, 'thumb'),
  variantKey(fileId, 'medium'),
  arrivalKey(fileId),
]
