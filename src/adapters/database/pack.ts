import { Database as Sqlite } from 'bun:sqlite'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import type { Task } from './aside'
import { inspect } from './inspect'
import type { Manifest, PackedBackup } from './port'
import { seal } from './sealed-chunks'
import { type Entry, writeTar } from './tar'

export const MANIFEST = 'manifest.json'
export const DATABASE = 'database.sqlite'
export const FILES = 'files/'

const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

type Packing = Extract<Task, { do: 'pack' }>

/**
 * Copies the database as it is at one moment, checks the copy, and packs it with the files into one: a tar file under
 * zstd, encrypted if there is a key. It has its name only once it is whole and on the disk.
 */
export const pack = async (
  task: Packing,
  progress: (fraction: number) => void,
  release: () => void,
): Promise<PackedBackup> => {
  const copy = `${task.to}.sqlite`
  const draft = `${task.to}.part`
  await clear(copy)
  try {
    snapshot(task.database, copy)
    release()
    progress(0.3)
    const files = task.files === null ? [] : await filesIn(task.files)
    const manifest: Manifest = {
      format: 1,
      version: task.version,
      databaseBytes: (await stat(copy)).size,
      files: { count: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) },
      ...inspect(copy),
    }
    progress(0.5)
    const hash = createHash('sha256')
    let size = 0
    const counted = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        hash.update(chunk)
        size += chunk.byteLength
        yield chunk
      }
    }
    const [key] = task.keys
    const through = key === undefined ? counted : (source: AsyncIterable<Uint8Array>) => counted(seal(key)(source))
    const entries = entriesOf(manifest, copy, task.files ?? '', files)
    await pipeline(writeTar(entries), createZstdCompress(CHECKED), through, createWriteStream(draft, { mode: 0o600 }))
    await sync(draft)
    await rename(draft, task.to)
    await sync(dirname(task.to))
    return { size, sha256: hash.digest('hex'), encrypted: key !== undefined, manifest }
  } finally {
    await clear(copy)
    await rm(draft, { force: true })
  }
}

/** A copy that broke off leaves its journal behind, which would be rolled back into the next one of that name. */
const clear = async (copy: string) => {
  for (const path of [copy, `${copy}-journal`]) await rm(path, { force: true })
}

const snapshot = (from: string, to: string) => {
  const db = new Sqlite(from, { readonly: true })
  try {
    db.run('PRAGMA busy_timeout = 5000')
    db.run('VACUUM INTO ?', [to])
  } finally {
    db.close()
  }
}

interface Found {
  name: string
  size: number
}

/** What is stored, as the disk driver keeps it: what begins with a dot is unfinished. */
const filesIn = async (root: string, folder = ''): Promise<Found[]> => {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
  const found: Found[] = []
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const name = `${folder}${entry.name}`
    if (entry.isDirectory()) found.push(...(await filesIn(root, `${name}/`)))
    else if (entry.isFile()) found.push({ name, size: (await stat(join(root, name))).size })
  }
  return found
}

async function* entriesOf(manifest: Manifest, copy: string, root: string, files: Found[]): AsyncGenerator<Entry> {
  const first = Buffer.from(JSON.stringify(manifest, null, 2))
  yield { name: MANIFEST, size: first.length, content: once(first) }
  yield { name: DATABASE, size: manifest.databaseBytes, content: createReadStream(copy) }
  for (const { name, size } of files) {
    const path = join(root, name)
    // Deleted since: whatever names it in the copy leads nowhere, as it would a moment later.
    const there = await stat(path).catch(() => undefined)
    if (there?.size === size) yield { name: `${FILES}${name}`, size, content: createReadStream(path) }
  }
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

export const sync = async (path: string) => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
