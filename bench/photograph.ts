import sharp from 'sharp'

export const [WIDTH, HEIGHT] = [4000, 3000]

/** A JPEG of 12 megapixels: noise that compresses about like a photograph. */
export const photograph = async (): Promise<Uint8Array<ArrayBuffer>> => {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const
  const create = { width: WIDTH, height: HEIGHT, channels: 3, background: '#888', noise } as const
  return new Uint8Array(await sharp({ create }).blur(1).jpeg({ quality: 90 }).toBuffer())
}
