import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Context, days } from '#core'
import { failures } from './failures'

/** A backup is tried for hours at most, and then given up. */
const LEFT_BEHIND = days(2)
const PREFIX = 'backups/'
const PACKED = '.backup'
const DESCRIBED = '.json'
/** A digest per person who was erased, outside the database that a restore replaces. */
const ERASED = 'erased/'

export const packedKey = (id: string) => `${PREFIX}${id}${PACKED}`
const describedKey = (id: string) => `${PREFIX}${id}${DESCRIBED}`
const erasedKey = (digest: string) => `${ERASED}${digest}`

/** What lies beside a backup, so that it can be found without the database. */
export interface Description {
  id: string
  size: number
  sha256: string
  encrypted: boolean
  createdAt: string
  version: string
  rows: Record<string, number>
}

/** Where half-made and fetched backups lie, on the volume of the database. */
export const workplace = async (ctx: Pick<Context, 'config'>, name: string) => {
  const folder = join(ctx.config.dataDir, 'backups', '.work')
  await mkdir(folder, { recursive: true })
  return join(folder, name)
}

/** Removes what a process that died left half-made or fetched, once it is older than anything that may still be worked on. */
export const clearWorkplace = async (ctx: Context) => {
  const folder = join(ctx.config.dataDir, 'backups', '.work')
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found && found.mtimeMs < ctx.now.getTime() - LEFT_BEHIND) await rm(path, { recursive: true, force: true })
  }
}

export const describe = (ctx: Context, description: Description) =>
  ctx.vault.put(describedKey(description.id), Buffer.from(JSON.stringify(description, null, 2)), {
    type: 'application/json',
  })

/** The description beside a backup. Nothing if there is no complete backup of that id. */
export const described = async (ctx: Pick<Context, 'vault'>, id: string): Promise<Description | undefined> => {
  const found = await ctx.vault.get(describedKey(id))
  return found && JSON.parse(await new Response(found.body).text())
}

/** Every complete backup that lies in the vault, oldest first: ids rise with time. */
export async function* allDescribed(ctx: Pick<Context, 'vault'>): AsyncGenerator<Description> {
  for await (const key of ctx.vault.list(PREFIX)) {
    if (!key.endsWith(DESCRIBED)) continue
    const found = await described(ctx, key.slice(PREFIX.length, -DESCRIBED.length))
    if (found) yield found
  }
}

/** The description goes first: a backup without one does not count. */
export const discard = async (ctx: Context, id: string) => {
  await ctx.vault.delete(describedKey(id))
  await ctx.vault.delete(packedKey(id))
}

/** Brings a backup to this machine. Throws BACKUP_GONE. */
export const fetchTo = async (ctx: Pick<Context, 'vault'>, id: string, path: string) => {
  const found = await ctx.vault.get(packedKey(id))
  if (!found) throw failures.BACKUP_GONE()
  await mkdir(dirname(path), { recursive: true })
  const stream = found.body instanceof Blob ? found.body.stream() : found.body
  await pipeline(Readable.from(stream), createWriteStream(path, { mode: 0o600 }))
}

export const rememberErased = (ctx: Context, digest: string) => ctx.vault.put(erasedKey(digest), new Uint8Array())

export async function* allErased(ctx: Context): AsyncGenerator<string> {
  for await (const key of ctx.vault.list(ERASED)) yield key.slice(ERASED.length)
}
