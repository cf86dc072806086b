import { lstat, mkdir, open, readdir, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Failure, newId } from '#core'
import { checkKey } from './key'
import type { Body, Storage } from './port'

/** Half-written objects wait here: keys cannot begin with a dot, so no key leads into it. */
const UNFINISHED = '.unfinished'
/** Half-written objects that a crash left are removed at start when they are older than this, in milliseconds. */
const LEFT_BEHIND = 24 * 60 * 60 * 1000

/**
 * Objects as files under `root`. An object appears whole or not at all, and is on the disk when `put` resolves:
 * written aside, synced, renamed, folder synced. Throws a Failure `storage_full` when there is no space.
 */
export const diskStorage = async (root: string, now: Date): Promise<Storage> => {
  const unfinished = join(root, UNFINISHED)
  await mkdir(unfinished, { recursive: true })
  await sweep(unfinished, now.getTime() - LEFT_BEHIND)
  const pathOf = (key: string) => join(root, checkKey(key))

  return {
    driver: 'disk',

    async put(key, body) {
      const path = pathOf(key)
      const draft = join(unfinished, newId())
      try {
        const size = await write(draft, body)
        await mkdir(dirname(path), { recursive: true })
        await rename(draft, path)
        await sync(dirname(path))
        return { size }
      } catch (error) {
        await rm(draft, { force: true })
        throw isFull(error)
          ? new Failure('storage_full', 'storage_full', 'There is no space left to store this.')
          : error
      }
    },

    async get(key, range) {
      const path = pathOf(key)
      const found = await lstat(path).catch(ifMissing)
      if (!found?.isFile()) return undefined
      const body = Bun.file(path)
      return { size: found.size, body: range ? body.slice(range.start, range.end + 1) : body }
    },

    async head(key) {
      const found = await lstat(pathOf(key)).catch(ifMissing)
      return found?.isFile() ? { size: found.size } : undefined
    },

    async delete(key) {
      await unlink(pathOf(key)).catch(ifMissing)
    },

    list: (prefix) => walk(root, '', prefix),

    async ping() {
      const probe = join(unfinished, newId())
      await writeFile(probe, 'ping')
      await unlink(probe)
    },
  }
}

const write = async (path: string, body: Body) => {
  if (body instanceof Blob) {
    // The kernel copies a file: none of it passes through here.
    const size = await Bun.write(path, body)
    await sync(path)
    return size
  }
  const file = await open(path, 'wx')
  try {
    let size = 0
    const chunks = body instanceof Uint8Array ? [body] : body
    for await (const chunk of chunks) {
      await file.writeFile(chunk)
      size += chunk.byteLength
    }
    await file.sync()
    return size
  } finally {
    await file.close()
  }
}

const sync = async (path: string) => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Keys in the order of their bytes, as S3 lists them; one folder is held at a time for each level. */
async function* walk(root: string, folder: string, prefix: string): AsyncGenerator<string> {
  const entries = (await readdir(join(root, folder), { withFileTypes: true }).catch(ifMissing)) ?? []
  const names = entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .filter((name) => name.startsWith(prefix) || (name.endsWith('/') && prefix.startsWith(name)))
    .sort((a, b) => (a < b ? -1 : 1))
  for (const name of names) {
    if (name.endsWith('/')) yield* walk(root, name, prefix)
    else yield name
  }
}

const sweep = async (folder: string, before: number) => {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const found = await lstat(path).catch(ifMissing)
    if (found && found.mtimeMs < before) await rm(path, { force: true })
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)
const isFull = (error: unknown) => ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(codeOf(error)))

const ifMissing = (error: unknown): undefined => {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
  throw error
}
