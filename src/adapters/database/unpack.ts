import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open as openFile, rm } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import type { Task } from './aside'
import { inspect, Unsound } from './inspect'
import { DATABASE, FILES, MANIFEST, sync } from './pack'
import type { Manifest, Unpacked } from './port'
import { open, SEALED } from './sealed-chunks'
import { readTar } from './tar'

/** A backup that must not be restored, and why. */
export class Refused extends Error {}

type Unpacking = Extract<Task, { do: 'unpack' }>
const MANIFEST_MAX = 1024 * 1024

/**
 * Opens a backup into a folder and looks whether it is whole: checksum, key, database, row counts. Throws Refused with one
 * sentence if it is not. The folder is empty again then, and when only a look was wanted.
 */
export const unpack = async (task: Unpacking): Promise<Unpacked> => {
  await rm(task.into, { recursive: true, force: true })
  await mkdir(task.into, { recursive: true })
  let sound = false
  try {
    const { sha256, encrypted } = await examine(task)
    const manifest = await extract(task, encrypted)
    const database = join(task.into, DATABASE)
    const { rows } = inspect(database)
    for (const [table, count] of Object.entries(manifest.rows))
      if (rows[table] !== count)
        throw new Refused(`It should hold ${count} rows of ${table}, but has ${rows[table] ?? 0}.`)
    await sync(database)
    await sync(task.into)
    sound = true
    return { manifest, sha256, encrypted, database }
  } catch (error) {
    if (error instanceof Unsound) throw new Refused(error.message)
    throw error
  } finally {
    if (!sound || !task.keep) await rm(task.into, { recursive: true, force: true })
  }
}

const examine = async ({ from, sha256: expected, keys }: Unpacking) => {
  const head = Buffer.alloc(SEALED.length)
  const file = await openFile(from, 'r').catch(() => {
    throw new Refused('There is no such file.')
  })
  await file.read(head, 0, head.length, 0)
  await file.close()
  const encrypted = head.equals(SEALED)
  if (encrypted && keys.length === 0) throw new Refused('It is encrypted: set BACKUP_ENCRYPTION_KEY.')
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(from)) hash.update(chunk)
  const sha256 = hash.digest('hex')
  if (expected !== null && sha256 !== expected) throw new Refused('It is not what was written: its checksum differs.')
  return { sha256, encrypted }
}

const extract = async ({ from, into, keys }: Unpacking, encrypted: boolean): Promise<Manifest> => {
  let manifest: Manifest | undefined
  let database = false
  const sink = async (source: AsyncIterable<Uint8Array>) => {
    for await (const { name, size, content } of readTar(source)) {
      if (name === MANIFEST && size <= MANIFEST_MAX) manifest = await readManifest(content)
      else {
        const place = placeOf(into, name)
        await mkdir(dirname(place), { recursive: true })
        await pipeline(content, createWriteStream(place, { mode: 0o600 }))
      }
      database ||= name === DATABASE
    }
  }
  // Its end has to be read too, or what follows the last entry would go unseen.
  const bytes = createReadStream(from, { highWaterMark: 256 * 1024 })
  try {
    if (encrypted) await pipeline(bytes, open(keys), createZstdDecompress(), sink)
    else await pipeline(bytes, createZstdDecompress(), sink)
  } catch (error) {
    if (error instanceof Refused || full(error)) throw error
    throw new Refused(
      encrypted ? 'It is damaged, or encrypted with another key.' : 'It is damaged, cut off, or not a backup.',
    )
  }
  if (!manifest || !database) throw new Refused('It is not a backup.')
  return manifest
}

const full = (error: unknown) =>
  error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code))

const readManifest = async (content: AsyncIterable<Uint8Array>): Promise<Manifest> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  const manifest: Manifest = JSON.parse(Buffer.concat(chunks).toString())
  if (manifest.format !== 1) throw new Refused('It was made by a newer version.')
  return manifest
}

/** Where an entry goes: the database, or a file below `files/`; nowhere else, whatever its name says. */
const placeOf = (into: string, name: string) => {
  const inside =
    name.startsWith(FILES) && normalize(name) === name && !name.split('/').some((part) => part.startsWith('.'))
  if (name !== DATABASE && !inside) throw new Refused('It holds something that does not belong into a backup.')
  return join(into, name)
}
