import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openDisconnected } from '../src/app'
import { loadConfig } from '../src/config'
import { CARRIED } from '../src/features/backups'
import { allDescribed, described, fetchTo } from '../src/features/backups/vault'
import { readArguments } from './lib/arguments'
import { megabytes, secondsSince } from './lib/measure'
import { clearly, Refusal, withApp } from './lib/with-app'

const HELP = `bun run restore FILE|ID|latest [--dry-run]

Puts a backup in the place of the database: a file, or one that is stored where backups are kept. Stop the server first.
Checks everything before it changes anything, keeps a copy of the database that it replaces under DATA_DIR/backups, and
erases people again who were erased since. Needs the SECRET_KEY of the server that made the backup, and
BACKUP_ENCRYPTION_KEY if it is encrypted.

  --dry-run  checks the backup and changes nothing`

const { values, positionals } = readArguments(HELP, { 'dry-run': { type: 'boolean' } }, true)
const startedAt = performance.now()

await clearly(async () => {
  const [wanted, ...more] = positionals
  if (wanted === undefined || more.length > 0) throw new Refusal('Say which: a file, the id of a backup, or latest')
  const config = loadConfig({ LOG_LEVEL: 'warn', ...process.env })
  const { aside, vault } = await openDisconnected(config)
  if (!aside) throw new Refusal('The database is a libSQL server: restore it with its own tools')
  const fetched = join(config.dataDir, 'restore', 'fetched.backup')
  try {
    const given = existsSync(resolve(wanted))
    const id = given ? null : await idOf(wanted)
    const found = id === null ? undefined : await described({ vault }, id)
    if (id !== null && !found) throw new Refusal(`There is neither a file nor a stored backup called ${wanted}`)
    if (id !== null) await fetchTo({ vault }, id, fetched)
    const from = id === null ? resolve(wanted) : fetched
    const dryRun = values['dry-run'] === true
    const { manifest, sha256, encrypted } = await aside.unpack({
      from,
      into: aside.staging,
      sha256: found?.sha256 ?? null,
      keys: config.backup.encryptionKeys,
      keep: !dryRun,
    })
    const { rows, files, databaseBytes, version } = manifest
    console.log(
      `Sound: version ${version}, ${megabytes(databaseBytes)}${encrypted ? ', encrypted' : ''}, SHA-256 ${sha256}`,
    )
    console.log(`${rows.users ?? 0} people, ${files.count} files.`)
    if (dryRun) return
    aside.order({ backupId: id, carry: CARRIED })
  } finally {
    await rm(fetched, { force: true })
    vault.close?.()
  }

  async function idOf(name: string) {
    if (name !== 'latest') return /^[0-9a-f-]{36}$/.test(name) ? name : null
    let last: string | null = null
    for await (const { id } of allDescribed({ vault })) last = id
    if (last === null) throw new Refusal('There is no stored backup')
    return last
  }
})

if (values['dry-run']) process.exit(0)
await withApp('restore', async (ctx) => {
  const last = await ctx.journal.list(ctx, { limit: '1' }, { type: 'backup.*' })
  const [event] = last.data
  if (event?.type !== 'backup.restored')
    throw new Refusal(`Nothing was changed: ${String(event?.payload.problem ?? 'see the log')}`)
  console.log(`Restored in ${secondsSince(startedAt)}. The database before it is kept under DATA_DIR/backups.`)
})
