import { availableParallelism } from 'node:os'
import type sharpFunction from 'sharp'
import type { Metadata, Sharp, SharpOptions } from 'sharp'
import { defineFailures } from '#core'
import { pool } from './pool'
import type { Images, ImageType, Picture } from './port'

/** Pixels of all frames together: what a good camera makes, and a few hundred small frames. */
const MAX_PIXELS = 40_000_000
const MAX_FRAMES = 500
/** Seconds that one step with one picture may take. */
const TIME_LIMIT = 15
const JPEG_QUALITY = 85
const WEBP_QUALITY = 80
/** What may be decoded: libvips would also take SVG, PDF and whatever else it was built with (ASVS 5.2.2). */
const FORMATS: Readonly<Record<ImageType, string>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
}
const ANIMATED: readonly string[] = ['gif', 'webp']

const failures = defineFailures({
  IMAGE_TOO_LARGE: ['invalid', 'The picture has too many pixels or frames.'],
  INVALID_IMAGE: ['invalid', 'The picture is damaged.'],
})

/** Pictures through sharp: its threads work beside the serving thread. The library (20 MB) is loaded with the first one. */
export const sharpImages = (): Images => {
  // One core is left to those who only want an answer.
  const turn = pool(Math.max(1, availableParallelism() - 1))
  let loading: Promise<Sharps> | undefined
  const sharps = () => (loading ??= load())

  return {
    driver: 'sharp',

    renew: (bytes, type) =>
      turn(async () => {
        const sharp = await sharps()
        const format = FORMATS[type]
        const { pages = 1 } = await header(sharp, bytes, format)
        const source = open(sharp, bytes, { animated: pages > 1 }).autoOrient()
        const { data, info } = await decoding(encoded(source, type).toBuffer({ resolveWithObject: true }))
        return { bytes: plain(data), type, width: info.width, height: info.pageHeight ?? info.height }
      }),

    shrink: (bytes, sides) =>
      turn(async () => {
        const sharp = await sharps()
        await header(sharp, bytes)
        return shrinkAll(sharp, bytes, sides)
      }),
  }
}

type Sharps = typeof sharpFunction

const load = async (): Promise<Sharps> => {
  const { default: sharp } = await import('sharp')
  sharp.concurrency(1)
  sharp.cache(false)
  return sharp
}

const open = (sharp: Sharps, bytes: Uint8Array, options: SharpOptions = {}) =>
  sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true, ...options }).timeout({
    seconds: TIME_LIMIT,
  })

/** What the file says of itself, before anything is decoded. */
const header = async (sharp: Sharps, bytes: Uint8Array, wanted?: string): Promise<Metadata> => {
  const found = await decoding(sharp(bytes, { limitInputPixels: false, animated: false }).metadata())
  const { format, width, height, pages = 1 } = found
  if (wanted ? format !== wanted : !Object.values(FORMATS).includes(format)) throw failures.INVALID_IMAGE()
  const frames = ANIMATED.includes(format) ? pages : 1
  if (frames > MAX_FRAMES || width * height * frames > MAX_PIXELS) throw failures.IMAGE_TOO_LARGE()
  return found
}

/** Decodes once: each picture is made from the next larger one. */
const shrinkAll = async <N extends string>(sharp: Sharps, bytes: Uint8Array, sides: Readonly<Record<N, number>>) => {
  const made: Partial<Record<N, Picture>> = {}
  let source: Sharp = open(sharp, bytes).autoOrient()
  const names = (Object.keys(sides) as N[]).toSorted((a, b) => sides[b] - sides[a])
  for (const name of names) {
    const box = { width: sides[name], height: sides[name], fit: 'inside', withoutEnlargement: true } as const
    const { data, info } = await decoding(source.resize(box).raw().toBuffer({ resolveWithObject: true }))
    const { width, height, channels } = info
    const pixels = () => sharp(data, { raw: { width, height, channels } })
    const webp = await decoding(pixels().webp({ quality: WEBP_QUALITY }).toBuffer())
    made[name] = { bytes: plain(webp), type: 'image/webp', width, height }
    source = pixels()
  }
  return made as Record<N, Picture>
}

const encoded = (picture: Sharp, type: ImageType): Sharp => {
  switch (type) {
    case 'image/jpeg':
      // Optimal codes are 3 % smaller, but the whole picture has to be held for them: 80 MB, and a third more time.
      return picture.jpeg({ quality: JPEG_QUALITY, optimiseCoding: false })
    case 'image/png':
      return picture.png()
    case 'image/webp':
      return picture.webp({ quality: JPEG_QUALITY })
    case 'image/gif':
      return picture.gif({ effort: 1 })
  }
}

/** Whatever libvips says about a stranger's file, it is the file. */
const decoding = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const tooLarge = /pixel limit|timeout/i.test(message)
    throw Object.assign(tooLarge ? failures.IMAGE_TOO_LARGE() : failures.INVALID_IMAGE(), { cause: error })
  }
}

/** The same bytes with the type that stores ask for. */
const plain = ({ buffer, byteOffset, byteLength }: Buffer): Uint8Array<ArrayBuffer> =>
  buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength))
