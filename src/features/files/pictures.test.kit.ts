import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { Client } from '#tests'

type Bytes = Uint8Array<ArrayBuffer>

export const bytesOf = (text: string): Bytes => new TextEncoder().encode(text)
export const joined = (...parts: Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts))

/** A picture of soft noise, which compresses like a photograph. */
export const photo = async (width = 640, height = 480, type: 'jpeg' | 'png' | 'webp' | 'gif' = 'jpeg') =>
  joined(
    await sharp({
      create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
    })
      .toFormat(type)
      .toBuffer(),
  )

/** A photograph that says where it was taken, lying on its side. */
export const photoWithPlace = async () =>
  joined(
    await sharp(await photo())
      .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 30/1' }, IFD0: { Copyright: 'SECRET-OWNER' } })
      .withMetadata({ orientation: 6 })
      .toBuffer(),
  )

/** 30 kB that decode to 240 megapixels, written by hand (PNG, one bit a pixel). */
export const pixelBomb = () => {
  const [width, height] = [20_000, 12_000]
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const pixels = deflateSync(Buffer.alloc(height * (1 + width / 8)))
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return joined(signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0)))
}

const chunk = (type: string, data: Buffer) => {
  const content = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(Bun.hash.crc32(content))
  return Buffer.concat([length, content, sum])
}

/** A GIF of so many frames of one pixel, written by hand: nothing else makes one this fast. */
export const endlessGif = (frames: number) => {
  const head = Buffer.from('474946383961 0100 0100 80 00 00 000000 ffffff'.replaceAll(' ', ''), 'hex')
  const frame = Buffer.from('21f904000a000000 2c00000000 0100 0100 00 02 02 4401 00'.replaceAll(' ', ''), 'hex')
  return joined(head, ...Array.from({ length: frames }, () => frame), Buffer.from('3b', 'hex'))
}

export const send = (who: Client, content: Bytes | string, name = 'a.bin', fields: Record<string, string> = {}) => {
  const form = new FormData()
  form.set('file', new File([content], name, { type: 'image/png' }))
  for (const [field, value] of Object.entries(fields)) form.set(field, value)
  return who.post('/upload', form)
}
