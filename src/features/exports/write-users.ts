import { open } from 'node:fs/promises'
import type { Context } from '#core'
import { rowWriter } from '#db'
import { type PeopleFilter, peopleQuery } from '#features/users'
import type { Made } from './make'
import type { ExportRow } from './schema'

interface File {
  to: string
  signal: AbortSignal
  onProgress: (fraction: number) => void
}

/** People that one query asks a libSQL server for. */
const PAGE = 1000

/** Writes everybody who meets the filter into a file. Of one moment where the database is a file. */
export const writeUsers = async (ctx: Context, { format, filter }: ExportRow, file: File): Promise<Made> => {
  if (format === 'zip') throw new Error('People are not exported as a zip')
  const { aside } = ctx.database
  const people: PeopleFilter = filter
  if (!aside) return writePages(ctx, format, people, file)
  const { to, ...options } = file
  return aside.writeRows({ ...peopleQuery(ctx, people).toSQL(), format, to }, options)
}

/** A server has no snapshot that lasts: page by page, and nobody who has come since. */
const writePages = async (
  ctx: Context,
  format: 'csv' | 'json' | 'ndjson',
  filter: PeopleFilter,
  { to, signal }: File,
) => {
  const hash = new Bun.CryptoHasher('sha256')
  const writer = rowWriter(format)
  const file = await open(to, 'w', 0o600)
  let [rows, size] = [0, 0]
  const write = async (text: string) => {
    const bytes = Buffer.from(text)
    hash.update(bytes)
    size += bytes.length
    await file.writeFile(bytes)
  }
  try {
    const createdBefore = filter.createdBefore ?? ctx.now.toISOString()
    for (let after: string | undefined; ; ) {
      signal.throwIfAborted()
      const page = await peopleQuery(ctx, { ...filter, createdBefore }, after).limit(PAGE)
      const [first] = page
      if (after === undefined) await write(writer.begin(Object.keys(first ?? { id: '' })))
      if (page.length > 0) await write(writer.rows(page))
      rows += page.length
      after = page.at(-1)?.id
      if (page.length < PAGE || after === undefined) break
    }
    await write(writer.end())
    return { rows, size, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}
