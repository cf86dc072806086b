import { t } from 'elysia'
import { pageQuery } from '#http'

const time = () => t.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'] })

export const ById = t.Object({ id: t.String({ format: 'uuid', error: 'has to be the id of a backup' }) })
export const BackupQuery = pageQuery(['createdAt'], {})

export const Backup = t.Object(
  {
    id: t.String({ format: 'uuid' }),
    status: t.UnionEnum(['pending', 'running', 'completed', 'failed']),
    size: t.Nullable(t.Integer({ description: 'Bytes.' })),
    sha256: t.Nullable(t.String({ description: 'Of the file as it is stored, in hex.' })),
    encrypted: t.Boolean(),
    verified: t.Boolean({ description: 'It was opened and found whole.' }),
    verifiedAt: t.Optional(time()),
    problem: t.Nullable(t.String({ description: 'Why it failed, or what was wrong with it.' })),
    createdAt: time(),
    location: t.String({ examples: ['disk:backups/0193a3f0-7c1e-7c4e-9d2b-5f1e8a6b3c4d.backup'] }),
  },
  { title: 'Backup' },
)

export const RestoreOrder = t.Object({
  backupId: t.String({ format: 'uuid', error: 'has to be the id of a backup' }),
  dryRun: t.Optional(t.Boolean({ description: 'Check it, and change nothing.' })),
})

export const Restore = t.Object({
  backupId: t.String({ format: 'uuid' }),
  dryRun: t.Boolean(),
  version: t.String({ description: 'Of the application that made it.' }),
  databaseBytes: t.Integer(),
  files: t.Object({ count: t.Integer(), bytes: t.Integer() }),
  rows: t.Record(t.String(), t.Integer(), { description: 'Rows by table.' }),
})
