import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { beginHere, makeBackup, pack } from '../src/features/backups'
import { get } from '../src/features/backups/find'
import { readArguments } from './lib/arguments'
import { megabytes, secondsSince } from './lib/measure'
import { Refusal, withApp } from './lib/with-app'

const HELP = `bun run backup [--out FILE]

Makes a backup and stores it where backups are kept, or in a file. Takes the same environment as the server and may run
beside it. It holds the database and, where files lie on this disk, the files; it is encrypted if
BACKUP_ENCRYPTION_KEY is set.

  --out FILE  writes one file instead; it must not be there yet`

const { values } = readArguments(HELP, { out: { type: 'string' } })
const startedAt = performance.now()
const show = (fraction: number) => {
  if (process.stderr.isTTY) process.stderr.write(`\r  ${Math.round(fraction * 100)} %`)
}

await withApp('backup', async (ctx) => {
  if (values.out !== undefined) {
    const file = resolve(values.out)
    if (existsSync(file)) throw new Refusal(`${values.out} is there already`)
    const { size, sha256, encrypted, manifest } = await pack(ctx, file, undefined, show)
    console.log(`${values.out}: ${megabytes(size)}${encrypted ? ', encrypted' : ''}, SHA-256 ${sha256}`)
    console.log(`${manifest.rows.users ?? 0} people, ${manifest.files.count} files, in ${secondsSince(startedAt)}.`)
    return
  }
  const { id } = await beginHere(ctx)
  const task = { id, attempt: 1, maxAttempts: 1, signal: new AbortController().signal, progress: show }
  await makeBackup.run(ctx, { backupId: id }, task)
  const { size, sha256, encrypted } = await get(ctx, id)
  console.log(`Backup ${id}: ${megabytes(size ?? 0)}${encrypted ? ', encrypted' : ''}, SHA-256 ${sha256}`)
  console.log(`Stored in ${ctx.vault.driver}, in ${secondsSince(startedAt)}.`)
})
