import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diskStorage } from '#adapters/storage/disk'
import { openStorage } from '#adapters/storage/open'
import type { ByteRange, Storage } from '#adapters/storage/port'
import { systemClock } from '#core'
import { loadConfig } from '../../src/config'
import { hasS3, s3Server } from '../support/s3'
import { tempFolder } from '../support/temp'

const NOW = new Date()

/** On an empty bucket of its own. */
const openS3 = async (folder: string) => {
  const config = loadConfig({ NODE_ENV: 'test', DATA_DIR: folder, ...(await (await s3Server()).bucket()) })
  return openStorage(config, systemClock)
}

const drivers: { name: string; open: (folder: string) => Promise<Storage> }[] = [
  { name: 'disk', open: (folder) => diskStorage(folder, NOW) },
  ...(hasS3 ? [{ name: 's3', open: openS3 }] : []),
]

const bytes = (text: string) => new TextEncoder().encode(text)
const read = async (storage: Storage, key: string, range?: ByteRange) => {
  const found = await storage.get(key, range)
  return found && new Response(found.body)
}
const text = async (storage: Storage, key: string, range?: ByteRange) => (await read(storage, key, range))?.text()
const keys = async (storage: Storage, prefix: string) => Array.fromAsync(storage.list(prefix))

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

describe.each(drivers)('storage: $name', ({ open }) => {
  let storage: Storage
  beforeEach(async () => {
    storage = await open(folder.path)
  }, 60_000)
  afterEach(() => storage.close?.())

  test('what was put is what is got, from bytes, a blob and a stream', async () => {
    const stream = new Response('from a stream').body ?? new ReadableStream<Uint8Array>()
    expect(await storage.put('a/1', bytes('from bytes'))).toEqual({ size: 10 })
    expect(await storage.put('a/2', new Blob(['from a blob']))).toEqual({ size: 11 })
    expect(await storage.put('a/3', stream)).toEqual({ size: 13 })
    expect(await text(storage, 'a/1')).toBe('from bytes')
    expect(await text(storage, 'a/2')).toBe('from a blob')
    expect(await text(storage, 'a/3')).toBe('from a stream')
    expect((await storage.get('a/3'))?.size).toBe(13)
  })

  test('an empty object and one of 5 MiB survive', async () => {
    const large = crypto.getRandomValues(new Uint8Array(64 * 1024))
    const body = new Blob(Array.from({ length: 80 }, () => large))
    expect(await storage.put('empty', bytes(''))).toEqual({ size: 0 })
    expect((await storage.get('empty'))?.size).toBe(0)
    await storage.put('large', body)
    const found = await (await read(storage, 'large'))?.arrayBuffer()
    expect(Bun.hash(found ?? '')).toBe(Bun.hash(await body.arrayBuffer()))
  })

  test('a file of 20 MB is stored from where it lies', async () => {
    const source = join(folder.path, 'source')
    const content = crypto.getRandomValues(new Uint8Array(50_000))
    await Bun.write(source, new Blob(Array.from({ length: 400 }, () => content)))
    expect(await storage.put('from/a-file', Bun.file(source))).toEqual({ size: 20_000_000 })
    expect(await (await read(storage, 'from/a-file', { start: 19_950_000, end: 19_999_999 }))?.bytes()).toEqual(content)
    await expect(storage.put('from/nowhere', Bun.file(join(folder.path, 'gone')))).rejects.toThrow()
    expect(await storage.head('from/nowhere')).toBeUndefined()
  })

  test('a part is read without the rest, and says how large the whole is', async () => {
    await storage.put('digits', bytes('0123456789'))
    expect(await text(storage, 'digits', { start: 2, end: 4 })).toBe('234')
    expect(await text(storage, 'digits', { start: 9, end: 9 })).toBe('9')
    expect(await text(storage, 'digits', { start: 0, end: 9 })).toBe('0123456789')
    expect((await storage.get('digits', { start: 2, end: 4 }))?.size).toBe(10)
    expect(await storage.get('gone', { start: 0, end: 1 })).toBeUndefined()
  })

  test('the size is known without the content', async () => {
    await storage.put('digits', bytes('0123456789'), { type: 'text/plain' })
    expect(await storage.head('digits')).toEqual({ size: 10 })
    expect(await storage.head('gone')).toBeUndefined()
  })

  test('a stream of a known length is stored as it comes', async () => {
    const piece = new Uint8Array(64 * 1024).fill(7)
    let left = 48
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(piece) : controller.close()),
    })
    const size = 48 * piece.length
    expect(await storage.put('streamed', stream, { size })).toEqual({ size })
    expect(await storage.head('streamed')).toEqual({ size })
  })

  test('a stream that is longer than it seems is stored whole', async () => {
    const piece = crypto.getRandomValues(new Uint8Array(60_000))
    let left = 300
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(piece) : controller.close()),
    })
    expect(await storage.put('long', stream)).toEqual({ size: 18_000_000 })
    expect(await (await read(storage, 'long', { start: 17_999_990, end: 17_999_999 }))?.bytes()).toEqual(
      piece.slice(-10),
    )
  })

  test('putting again replaces, deleting again does no harm', async () => {
    await storage.put('a', bytes('one'))
    await storage.put('a', bytes('two'))
    expect(await text(storage, 'a')).toBe('two')
    await storage.delete('a')
    await storage.delete('a')
    expect(await storage.get('a')).toBeUndefined()
  })

  test('a key that is not there, or is only the beginning of others, has no object', async () => {
    await storage.put('a/b/c', bytes('x'))
    expect(await storage.get('a')).toBeUndefined()
    expect(await storage.get('a/b')).toBeUndefined()
    expect(await storage.get('a/b/c/d')).toBeUndefined()
  })

  test('keys are listed under a prefix, in the order of their bytes', async () => {
    for (const key of ['b', 'a/2', 'a/1', 'a-1', 'a.x/1', 'ab/1']) await storage.put(key, bytes(key))
    expect(await keys(storage, '')).toEqual(['a-1', 'a.x/1', 'a/1', 'a/2', 'ab/1', 'b'])
    expect(await keys(storage, 'a/')).toEqual(['a/1', 'a/2'])
    expect(await keys(storage, 'a/2')).toEqual(['a/2'])
    expect(await keys(storage, 'ab')).toEqual(['ab/1'])
    expect(await keys(storage, 'nothing/')).toEqual([])
  })

  test('a stream that breaks off leaves neither an object nor a part of one', async () => {
    await storage.put('kept', bytes('whole'))
    const broken = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(bytes('half'))
          controller.error(new Error('gone'))
        },
      })
    for (const key of ['new', 'kept']) await expect(storage.put(key, broken())).rejects.toThrow('gone')
    expect(await storage.get('new')).toBeUndefined()
    expect(await text(storage, 'kept')).toBe('whole')
  })

  test('20 writers of one key leave one whole object', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => String(i).padStart(2, '0').repeat(50_000))
    await Promise.all(bodies.map((body) => storage.put('same', bytes(body))))
    expect(bodies).toContain((await text(storage, 'same')) ?? '')
  })

  // bar 163
  test.each([
    '',
    '.',
    '..',
    '../x',
    'a/../../x',
    '/etc/passwd',
    'a//b',
    'a/',
    './a',
    '.hidden',
    'a/.hidden',
    'a\\b',
    'a\0b',
    'a\nb',
    '%2e%2e/x',
    'ä',
    'a b',
    `${'x'.repeat(201)}`,
    `${'x/'.repeat(300)}x`,
  ])('%j is not a key', async (key) => {
    await expect(storage.put(key, bytes('x'))).rejects.toThrow('Not a storage key')
    await expect(storage.get(key)).rejects.toThrow('Not a storage key')
    await expect(storage.delete(key)).rejects.toThrow('Not a storage key')
    await expect(storage.head(key)).rejects.toThrow('Not a storage key')
  })

  test('a store that works answers a ping', async () => {
    await storage.ping()
    expect(await keys(storage, '')).toEqual([])
  })
})

describe('storage on disk', () => {
  test('a folder that cannot be used fails the ping', async () => {
    const storage = await diskStorage(folder.path, NOW)
    folder.remove()
    await expect(storage.ping()).rejects.toThrow()
  })

  test('a write that failed leaves nothing behind', async () => {
    const storage = await diskStorage(folder.path, NOW)
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) })
    await expect(storage.put('x', broken)).rejects.toThrow('gone')
    expect(readdirSync(join(folder.path, '.unfinished'))).toEqual([])
  })

  test('a full disk is a failure that says so, and leaves nothing behind', async () => {
    // bar 167
    const storage = await diskStorage(folder.path, NOW)
    const full = new ReadableStream({
      start: (c) => c.error(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
    })
    await expect(storage.put('x', full)).rejects.toMatchObject({ kind: 'storage_full', code: 'storage_full' })
    expect(readdirSync(join(folder.path, '.unfinished'))).toEqual([])
  })

  test('what a crash left half-written is removed at a later start; a running write is not', async () => {
    await diskStorage(folder.path, NOW)
    const [old, young] = ['old', 'young'].map((name) => join(folder.path, '.unfinished', name)) as [string, string]
    writeFileSync(old, 'x')
    writeFileSync(young, 'x')
    const twoDaysAgo = NOW.getTime() / 1000 - 2 * 24 * 3600
    utimesSync(old, twoDaysAgo, twoDaysAgo)
    await diskStorage(folder.path, NOW)
    expect(readdirSync(join(folder.path, '.unfinished'))).toEqual(['young'])
  })

  test('a link that somebody put into the folder is not listed as an object', async () => {
    const storage = await diskStorage(folder.path, NOW)
    symlinkSync('/etc/passwd', join(folder.path, 'link'))
    expect(await keys(storage, '')).toEqual([])
    expect(await storage.get('link')).toBeUndefined()
  })
})
