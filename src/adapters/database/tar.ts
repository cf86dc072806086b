const BLOCK = 512
const OCTAL_LIMIT = 8 ** 11

type Bytes = AsyncIterable<Uint8Array>

export interface Entry {
  name: string
  size: number
  content: Bytes
}

/** Entries as a tar file (POSIX ustar), so that a backup can be opened with common tools as well. */
export async function* writeTar(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array> {
  for await (const { name, size, content } of entries) {
    yield header(name, size)
    let written = 0
    for await (const chunk of content) {
      written += chunk.byteLength
      yield chunk
    }
    if (written !== size) throw new Error(`${name} changed while it was read`)
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
  }
  yield Buffer.alloc(2 * BLOCK)
}

/** The entries of a tar file in order. Each content has to be read before the next. Throws if it is cut off or is none. */
export async function* readTar(source: Bytes): AsyncGenerator<Entry> {
  const reader = readerOf(source)
  for (;;) {
    const block = await reader.exactly(BLOCK)
    if (block.every((byte) => byte === 0)) return await reader.drain()
    if (block.toString('latin1', 257, 262) !== 'ustar') throw new Error('Not a tar file')
    const size = sizeIn(block)
    yield { name: nameIn(block), size, content: reader.some(size) }
    await reader.exactly((BLOCK - (size % BLOCK)) % BLOCK)
  }
}

const header = (path: string, size: number) => {
  const block = Buffer.alloc(BLOCK)
  const cut = Buffer.byteLength(path) > 100 ? path.lastIndexOf('/', 155) : -1
  if (Buffer.byteLength(path.slice(cut + 1)) > 100) throw new Error(`${path} is too long a name`)
  block.write(path.slice(cut + 1), 0, 100)
  block.write('0000600\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  if (size < OCTAL_LIMIT) block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  else {
    // What GNU tar and BSD tar read as well.
    block[124] = 0x80
    block.writeBigUInt64BE(BigInt(size), 128)
  }
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\x0000', 257)
  if (cut > 0) block.write(path.slice(0, cut), 345, 155)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

const textIn = (block: Buffer, start: number, length: number) => {
  const text = block.toString('utf8', start, start + length)
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

const nameIn = (block: Buffer) => {
  const prefix = textIn(block, 345, 155)
  return prefix === '' ? textIn(block, 0, 100) : `${prefix}/${textIn(block, 0, 100)}`
}

const sizeIn = (block: Buffer) => {
  const size = block[124] === 0x80 ? Number(block.readBigUInt64BE(128)) : Number.parseInt(textIn(block, 124, 12), 8)
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('Not a tar file')
  return size
}

const readerOf = (source: Bytes) => {
  const iterator = source[Symbol.asyncIterator]()
  let held = Buffer.alloc(0)
  const more = async () => {
    const { done, value } = await iterator.next()
    if (done) throw new Error('It is cut off')
    held = held.length === 0 ? Buffer.from(value) : Buffer.concat([held, value])
  }
  const take = (length: number) => {
    const taken = held.subarray(0, length)
    held = held.subarray(taken.length)
    return taken
  }
  return {
    /** Reads on to the end: only there does it show that nothing was cut off. */
    drain: async () => {
      while (!(await iterator.next()).done);
    },
    exactly: async (length: number) => {
      while (held.length < length) await more()
      return take(length)
    },
    some: async function* (length: number) {
      for (let left = length; left > 0; ) {
        if (held.length === 0) await more()
        const taken = take(left)
        left -= taken.length
        yield taken
      }
    },
  }
}
