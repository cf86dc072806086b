import { writeFile } from 'node:fs/promises'
import type { AsyncZippable } from 'fflate'
import type { Context } from '#core'
import type { Made } from './make'
import type { ExportRow } from './schema'

const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher('sha256').update(bytes).digest('hex')

/** Everything that is held about a person: what each feature says, in a zip with a list of what is in it. */
export const writeMine = async (ctx: Context, { ownerId }: ExportRow, to: string): Promise<Made> => {
  const content: AsyncZippable = {}
  const listed: { name: string; feature: string; size: number; sha256: string }[] = []
  for (const { name: feature, exportUser } of ctx.features) {
    for (const [name, value] of Object.entries((await exportUser?.(ctx, ownerId)) ?? {})) {
      const bytes = Buffer.from(JSON.stringify(value, null, 2))
      content[name] = bytes
      listed.push({ name, feature, size: bytes.length, sha256: sha256(bytes) })
    }
  }
  const manifest = { service: ctx.config.appName, userId: ownerId, createdAt: ctx.now.toISOString(), files: listed }
  content['manifest.json'] = Buffer.from(JSON.stringify(manifest, null, 2))
  const bytes = await zipped(content)
  await writeFile(to, bytes, { mode: 0o600 })
  return { rows: listed.length, size: bytes.length, sha256: sha256(bytes) }
}

const zipped = async (content: AsyncZippable) => {
  const { zip } = await import('fflate')
  return new Promise<Uint8Array>((resolve, reject) => {
    zip(content, { level: 6, consume: true }, (error, bytes) => (error ? reject(error) : resolve(bytes)))
  })
}
